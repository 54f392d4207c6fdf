// What is known about samples and objects, as conditions that explain: each value of an attribute
// and each range of a number becomes a filter text, words for people, and the rows that satisfy it.
// For slice discovery in triage and for campaigns that look for more of what was flagged.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/geometry.h"
#include "domain/sample.h"
#include "kernels/row_set.h"

namespace spotter {

struct SampleCondition {
  std::string where;  // in the filter language: "weather = 'rain'"
  std::string words;  // after a noun: "in rain", "at night", "where rain_mm is at least 2.5"
  std::string adjective = {};   // "small", "green": stands before the noun, and words are empty
  std::string class_name = {};  // of a condition on the class, which the noun says
  int column = 0;               // conditions of one attribute share a column
  int complexity = 1;           // 1 a value, 2 a number's value, 3 a half-open range, 4 a range
  kernels::RowSet rows;
};

// Conditions on `source` and on every attribute but `split`, which is bookkeeping, with a name that
// the filter language can say, that hold for at least `rows_min` samples and not for all. Text
// columns give their 100 most frequent values; numbers give their values when there are at most 12,
// and ranges cut at quantiles. In order of column name, then value.
[[nodiscard]] std::vector<SampleCondition> sample_conditions(std::span<const Sample> samples,
                                                             std::size_t rows_min);

// A label, or a prediction.
struct ObjectRow {
  std::uint32_t sample = 0;  // position
  std::string class_name;
  Box box;
  std::string attributes;  // JSON object, empty = none
};

// Conditions on objects, over their rows: those of their samples, then of class, attributes, and
// box (area, aspect, center_x, center_y). `kind` is "label" or "prediction", as the filter language
// has it. They hold for at least `rows_min` objects and not for all.
[[nodiscard]] std::vector<SampleCondition> object_conditions(std::span<const Sample> samples,
                                                             std::span<const ObjectRow> objects,
                                                             std::string_view kind,
                                                             std::size_t rows_min);

// A name and a text as the filter language writes them: "weather", "attributes.source"; "'it''s'".
// The name is empty when the language cannot say it.
[[nodiscard]] std::string filter_name(const std::string& attribute);
[[nodiscard]] std::string filter_text(const std::string& value);

// Numbers the scenes of the samples 0.. in order of appearance.
[[nodiscard]] std::vector<std::uint32_t> scene_numbers(std::span<const Sample> samples);

}  // namespace spotter
