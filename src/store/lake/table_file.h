// A Parquet or CSV file column by column, as typed values: for commands that compare files, without
// a project. DuckDB reads it; nothing is kept beside what is asked for.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spotter::lake {

enum class ColumnKind {
  kNumber,
  kCategory,  // texts and booleans
  kTime,
  kOther,  // lists, structs, bytes
};

struct FileColumn {
  std::string name;
  std::string type;  // as DuckDB calls it
  ColumnKind kind = ColumnKind::kOther;
};

// Texts as numbers: row i holds names[codes[i]], or nothing where the code is -1. Names are in the
// order of their first row.
struct Categories {
  std::vector<std::int32_t> codes;
  std::vector<std::string> names;
};

// One cell of a column.
struct FileCell {
  std::size_t row = 0;  // the first is 1
  std::string text;
};

class TableFile {
 public:
  // .parquet and .pq are Parquet; .csv, .tsv and .txt (also .gz) are CSV, whose types are found out
  // by reading all of it; there an empty cell, NA, N/A, null and nan are missing values. Throws
  // kNotFound, and kInvalid for what cannot be read and for lines of different length.
  explicit TableFile(const std::filesystem::path& path);
  ~TableFile();
  TableFile(const TableFile&) = delete;
  TableFile& operator=(const TableFile&) = delete;

  [[nodiscard]] const std::vector<FileColumn>& columns() const { return columns_; }
  [[nodiscard]] std::size_t rows() const { return rows_; }
  // A column of numbers, or of texts that are numbers, in the order of the rows; NaN where there is
  // none.
  [[nodiscard]] std::vector<double> numbers(const std::string& column) const;
  // Any column as texts.
  [[nodiscard]] Categories categories(const std::string& column) const;
  // The first cell that is no number, or no time of the type of `like`, as that column's kind asks.
  [[nodiscard]] std::optional<FileCell> first_unlike(const std::string& column,
                                                     const FileColumn& like) const;
  // Whether every value is missing.
  [[nodiscard]] bool is_empty(const std::string& column) const;

 private:
  struct Handles;
  void describe();
  void refuse_ragged(char delimiter) const;

  std::filesystem::path path_;
  std::unique_ptr<Handles> handles_;
  std::vector<FileColumn> columns_;
  std::size_t rows_ = 0;
};

}  // namespace spotter::lake
