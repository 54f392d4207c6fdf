#include "project/sample_conditions.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "base/text.h"
#include "project/condition_builder.h"

namespace spotter {
namespace {

using kernels::RowSet;

// Rows of objects whose sample is in `samples`.
RowSet rows_of_samples(const RowSet& samples, std::span<const ObjectRow> objects) {
  RowSet rows(objects.size());
  for (std::size_t row = 0; row < objects.size(); ++row) {
    if (samples.has(objects[row].sample)) {
      rows.add(row);
    }
  }
  return rows;
}

// What is known of objects themselves, by name.
std::map<std::string, ValueColumn> object_columns(std::span<const Sample> samples,
                                                  std::span<const ObjectRow> objects) {
  std::map<std::string, ValueColumn> columns;
  for (std::uint32_t row = 0; row < objects.size(); ++row) {
    read_attributes(objects[row].attributes, row, columns);
  }
  for (const char* name :
       {"class", "area", "aspect", "center_x", "center_y", "track", "width", "height", "score"}) {
    columns.erase(name);  // an attribute of this name cannot be said: the language has its own
  }
  for (std::uint32_t row = 0; row < objects.size(); ++row) {
    const auto& object = objects[row];
    const Sample& sample = samples[object.sample];
    columns["class"].texts[object.class_name].push_back(row);
    if (!object.box.valid()) {
      continue;
    }
    columns["area"].numbers.emplace_back(object.box.area(), row);
    columns["aspect"].numbers.emplace_back(object.box.width() / object.box.height(), row);
    if (sample.width > 0 && sample.height > 0) {
      columns["center_x"].numbers.emplace_back((object.box.x1 + object.box.x2) / 2 / sample.width,
                                               row);
      columns["center_y"].numbers.emplace_back((object.box.y1 + object.box.y2) / 2 / sample.height,
                                               row);
    }
  }
  return columns;
}

}  // namespace

std::vector<SampleCondition> sample_conditions(std::span<const Sample> samples,
                                               std::size_t rows_min) {
  std::map<std::string, ValueColumn> columns;
  for (std::uint32_t row = 0; row < samples.size(); ++row) {
    read_attributes(samples[row].attributes, row, columns);
  }
  if (const auto own = columns.extract("source"); !own.empty()) {
    columns["attributes.source"] = own.mapped();
  }
  for (std::uint32_t row = 0; row < samples.size(); ++row) {
    if (!samples[row].source.empty()) {
      columns["source"].texts[samples[row].source].push_back(row);
    }
  }
  ConditionBuilder builder(samples.size(), rows_min);
  for (auto& [name, column] : columns) {
    builder.add_column({.name = name, .where = filter_name(name)}, std::move(column));
  }
  return builder.take();
}

std::vector<SampleCondition> object_conditions(std::span<const Sample> samples,
                                               std::span<const ObjectRow> objects,
                                               std::string_view kind, std::size_t rows_min) {
  auto of_samples = sample_conditions(samples, 1);
  for (auto& condition : of_samples) {
    condition.rows = rows_of_samples(condition.rows, objects);
  }
  ConditionBuilder builder(objects.size(), rows_min);
  builder.add(std::move(of_samples));
  for (auto& [name, column] : object_columns(samples, objects)) {
    const bool word = filter_name(name) == name || name == "class";
    builder.add_column(
        {.name = name, .where = word ? fmt::format("{}.{}", kind, name) : "", .of_object = true},
        std::move(column));
  }
  return builder.take();
}

std::string filter_name(const std::string& attribute) {
  // Words that the filter language has given a meaning of its own.
  static const std::set<std::string> reserved = {
      "key",   "media",  "media_type", "file_name", "width",    "height",     "sequence",
      "frame", "source", "scene",      "flagged",   "labelled", "version",    "split",
      "label", "true",   "false",      "and",       "or",       "not",        "in",
      "like",  "is",     "null",       "campaign",  "batch",    "prediction", "captured_at"};
  if (attribute == "source" || attribute == "attributes.source") {
    return attribute;
  }
  const bool word = !attribute.empty() &&
                    std::isdigit(static_cast<unsigned char>(attribute[0])) == 0 &&
                    std::all_of(attribute.begin(), attribute.end(), [](char c) {
                      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
                    });
  if (!word) {
    return "";
  }
  return reserved.contains(to_lower(attribute)) ? "attributes." + attribute : attribute;
}

std::string filter_text(const std::string& value) {
  std::string quoted = "'";
  for (const char c : value) {
    quoted += c;
    if (c == '\'') {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::vector<std::uint32_t> scene_numbers(std::span<const Sample> samples) {
  std::map<std::string_view, std::uint32_t> numbers;
  std::vector<std::uint32_t> result;
  result.reserve(samples.size());
  for (const auto& sample : samples) {
    const auto next = static_cast<std::uint32_t>(numbers.size());
    result.push_back(numbers.try_emplace(sample.scene(), next).first->second);
  }
  return result;
}

}  // namespace spotter
