#include "project/sample_conditions.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"

namespace spotter {
namespace {

using kernels::RowSet;

constexpr std::size_t kTextValuesMax = 100;
constexpr std::size_t kNumberValuesMax = 12;

// The values of one attribute over the samples.
struct Column {
  std::map<std::string, std::vector<std::uint32_t>> texts;
  std::map<bool, std::vector<std::uint32_t>> flags;
  std::vector<std::pair<double, std::uint32_t>> numbers;
};

std::map<std::string, Column> read_columns(std::span<const Sample> samples) {
  std::map<std::string, Column> columns;
  for (std::uint32_t row = 0; row < samples.size(); ++row) {
    const auto& sample = samples[row];
    if (!sample.source.empty()) {
      columns["source"].texts[sample.source].push_back(row);
    }
    if (sample.attributes.empty()) {
      continue;
    }
    const Json attributes = parse_json(sample.attributes, "sample attributes");
    for (const auto& [key, value] : attributes.items()) {
      if (key == "split") {
        continue;  // what a sample is used for says nothing about the world
      }
      const std::string name = key == "source" ? "attributes.source" : key;
      if (value.is_string()) {
        columns[name].texts[value.get<std::string>()].push_back(row);
      } else if (value.is_boolean()) {
        columns[name].flags[value.get<bool>()].push_back(row);
      } else if (value.is_number()) {
        columns[name].numbers.emplace_back(value.get<double>(), row);
      }
    }
  }
  return columns;
}

std::string spaced(std::string_view name) {
  std::string words(name);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

bool is_place_or_weather(std::string_view name) {
  static constexpr std::array<std::string_view, 12> kNames = {
      "weather", "district", "place",   "city",     "area",   "region",
      "town",    "site",     "country", "location", "season", "scene"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

std::string text_words(const std::string& name, const std::string& value) {
  const std::string said = spaced(value);
  return is_place_or_weather(name) ? fmt::format("in {}", said)
                                   : fmt::format("where {} is {}", spaced(name), said);
}

std::string flag_words(const std::string& name, bool value) {
  if (name == "night") {
    return value ? "at night" : "by day";
  }
  return fmt::format("{} {}", value ? "with" : "without", spaced(name));
}

class Builder {
 public:
  Builder(std::size_t row_count, std::size_t rows_min)
      : row_count_(row_count), rows_min_(rows_min) {}

  void add_column(const std::string& name, const Column& column) {
    const std::string said = filter_name(name);
    if (said.empty()) {
      return;
    }
    add_texts(name, said, column);
    for (const auto& [value, rows] : column.flags) {
      add(fmt::format("{} = {}", said, value), flag_words(name, value), rows);
    }
    add_numbers(name, said, column.numbers);
    ++column_;
  }

  std::vector<SampleCondition> take() { return std::move(conditions_); }

 private:
  void add(std::string where, std::string words, const std::vector<std::uint32_t>& rows,
           int complexity = 1) {
    if (rows.size() < rows_min_ || rows.size() == row_count_) {
      return;
    }
    SampleCondition condition{std::move(where), std::move(words), column_, complexity,
                              RowSet(row_count_)};
    for (const auto row : rows) {
      condition.rows.add(row);
    }
    conditions_.push_back(std::move(condition));
  }

  void add_texts(const std::string& name, const std::string& said, const Column& column) {
    std::vector<std::size_t> sizes;
    for (const auto& [value, rows] : column.texts) {
      sizes.push_back(rows.size());
    }
    std::sort(sizes.rbegin(), sizes.rend());
    const std::size_t bar = sizes.size() > kTextValuesMax ? sizes[kTextValuesMax - 1] : 0;
    for (const auto& [value, rows] : column.texts) {
      if (rows.size() >= bar) {
        add(fmt::format("{} = {}", said, filter_text(value)), text_words(name, value), rows);
      }
    }
  }

  void add_numbers(const std::string& name, const std::string& said,
                   std::vector<std::pair<double, std::uint32_t>> numbers) {
    std::sort(numbers.begin(), numbers.end());
    std::vector<double> values;
    for (const auto& [value, row] : numbers) {
      if (values.empty() || value != values.back()) {
        values.push_back(value);
      }
    }
    if (values.size() < 2) {
      return;
    }
    const bool few = values.size() <= kNumberValuesMax;
    if (few) {
      for (const double value : values) {
        add(fmt::format("{} = {}", said, value), fmt::format("where {} is {}", spaced(name), value),
            rows_between(numbers, value, value, true), 2);
      }
    }
    add_ranges(name, said, numbers, few ? values : cuts(numbers));
  }

  // Values that cut the sorted numbers at tenths, quarters and the middle; the second value too, so
  // that "more than the minimum" can be said of a column that is mostly zero.
  static std::vector<double> cuts(const std::vector<std::pair<double, std::uint32_t>>& numbers) {
    std::set<double> chosen = {numbers.front().first};
    for (const double q : {0.1, 0.25, 0.5, 0.75, 0.9}) {
      chosen.insert(
          numbers[static_cast<std::size_t>(q * static_cast<double>(numbers.size()))].first);
    }
    const auto above = std::find_if(numbers.begin(), numbers.end(),
                                    [&](const auto& n) { return n.first > numbers.front().first; });
    chosen.insert(above->first);
    std::vector<double> result = {numbers.front().first};
    for (const double cut : chosen) {
      if (cut > result.front()) {
        const auto at = std::lower_bound(numbers.begin(), numbers.end(), std::pair(cut, 0U));
        result.push_back(short_between(std::prev(at)->first, cut));
      }
    }
    return result;
  }

  // The number of fewest decimals in (low, high], so that a cut reads well and cuts the same.
  static double short_between(double low, double high) {
    for (double scale = 1e-6; scale <= 1e12; scale *= 10) {
      const double candidate = std::floor(high * scale) / scale;
      if (candidate > low && candidate <= high) {
        return candidate;
      }
    }
    return high;
  }

  // `cuts` rises and starts at the minimum.
  void add_ranges(const std::string& name, const std::string& said,
                  const std::vector<std::pair<double, std::uint32_t>>& numbers,
                  const std::vector<double>& cuts) {
    const double low = numbers.front().first;
    const double high = numbers.back().first;
    for (std::size_t i = 1; i < cuts.size(); ++i) {
      const double cut = cuts[i];
      add(fmt::format("{} >= {}", said, cut),
          fmt::format("where {} is at least {}", spaced(name), cut),
          rows_between(numbers, cut, high, true), 3);
      add(fmt::format("{} < {}", said, cut), fmt::format("where {} is below {}", spaced(name), cut),
          rows_between(numbers, low, cut, false), 3);
      if (i + 1 < cuts.size()) {
        add(fmt::format("{} >= {} AND {} < {}", said, cut, said, cuts[i + 1]),
            fmt::format("where {} is from {} to {}", spaced(name), cut, cuts[i + 1]),
            rows_between(numbers, cut, cuts[i + 1], false), 4);
      }
    }
  }

  static std::vector<std::uint32_t> rows_between(
      const std::vector<std::pair<double, std::uint32_t>>& numbers, double low, double high,
      bool with_high) {
    std::vector<std::uint32_t> rows;
    for (const auto& [value, row] : numbers) {
      if (value >= low && (value < high || (with_high && value == high))) {
        rows.push_back(row);
      }
    }
    return rows;
  }

  std::size_t row_count_;
  std::size_t rows_min_;
  int column_ = 0;
  std::vector<SampleCondition> conditions_;
};

}  // namespace

std::vector<SampleCondition> sample_conditions(std::span<const Sample> samples,
                                               std::size_t rows_min) {
  Builder builder(samples.size(), rows_min);
  for (const auto& [name, column] : read_columns(samples)) {
    builder.add_column(name, column);
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
