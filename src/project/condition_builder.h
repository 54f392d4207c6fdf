// Columns of values over rows become conditions: filter text, words and the rows that satisfy it.
// Shared by the conditions on samples and on objects.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "project/sample_conditions.h"

namespace spotter {

// The values of one attribute over the rows; a row may have none.
struct ValueColumn {
  std::map<std::string, std::vector<std::uint32_t>> texts;
  std::map<bool, std::vector<std::uint32_t>> flags;
  std::vector<std::pair<double, std::uint32_t>> numbers;
};

// Adds the scalars of a JSON object to the columns of their names. "split" is left out: what a
// sample is used for says nothing about the world.
void read_attributes(std::string_view attributes, std::uint32_t row,
                     std::map<std::string, ValueColumn>& columns);

// How a column is said.
struct ColumnName {
  std::string name;   // the attribute
  std::string where;  // in the filter language: "weather", "label.colour"; empty = it cannot say it
  bool of_object = false;
};

class ConditionBuilder {
 public:
  // A condition holds for at least `rows_min` rows, and not for all.
  ConditionBuilder(std::size_t row_count, std::size_t rows_min)
      : row_count_(row_count), rows_min_(rows_min) {}
  void add_column(const ColumnName& column, ValueColumn values);
  // Adds what has its rows already, as a column of its own for each column of `conditions`.
  void add(std::vector<SampleCondition> conditions);
  [[nodiscard]] std::vector<SampleCondition> take() { return std::move(conditions_); }

 private:
  struct Words {
    std::string after;
    std::string adjective = {};
    int complexity = 1;
    std::string class_name = {};
  };
  void keep(std::string where, Words words, const std::vector<std::uint32_t>& rows);
  void add_texts(const ColumnName& column, const ValueColumn& values);
  void add_numbers(const ColumnName& column, std::vector<std::pair<double, std::uint32_t>> numbers);
  void add_ranges(const ColumnName& column,
                  const std::vector<std::pair<double, std::uint32_t>>& numbers,
                  const std::vector<double>& cuts);

  std::size_t row_count_;
  std::size_t rows_min_;
  int column_ = 0;
  std::vector<SampleCondition> conditions_;
};

}  // namespace spotter
