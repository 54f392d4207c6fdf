#include "project/condition_builder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "base/json.h"

namespace spotter {
namespace {

using Numbers = std::vector<std::pair<double, std::uint32_t>>;

constexpr std::size_t kTextValuesMax = 100;
constexpr std::size_t kNumberValuesMax = 12;

std::string spaced(std::string_view name) {
  std::string words(name);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

template <std::size_t n>
bool is_one_of(std::string_view name, const std::array<std::string_view, n>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_place_or_weather(std::string_view name) {
  static constexpr std::array<std::string_view, 12> kNames = {
      "weather", "district", "place",   "city",     "area",   "region",
      "town",    "site",     "country", "location", "season", "scene"};
  return is_one_of(name, kNames);
}

// Attributes of objects whose values stand before the noun: "green cones".
bool is_quality(std::string_view name) {
  static constexpr std::array<std::string_view, 8> kNames = {"colour", "color", "size",     "state",
                                                             "type",   "kind",  "material", "pose"};
  return is_one_of(name, kNames);
}

// Numbers of objects that people have words for.
struct Measure {
  std::string_view name;
  std::string_view low;
  std::string_view high;
  bool before_noun = true;
};
const Measure* measure_of(std::string_view name) {
  static constexpr std::array<Measure, 7> kMeasures = {
      {{"area", "small", "large"},
       {"aspect", "narrow", "wide"},
       {"center_x", "at the left", "at the right", false},
       {"center_y", "high in the picture", "low in the picture", false},
       {"distance_m", "near", "far"},
       {"distance", "near", "far"},
       {"points", "with few points", "with many points", false}}};
  const auto found = std::find_if(kMeasures.begin(), kMeasures.end(),
                                  [&](const Measure& m) { return m.name == name; });
  return found == kMeasures.end() ? nullptr : &*found;
}

std::string where_words(const ColumnName& column, const std::string& rest) {
  return fmt::format("{} {} {}", column.of_object ? "whose" : "where", spaced(column.name), rest);
}

// Three digits are enough for people.
std::string said(double value) {
  return value == std::round(value) ? fmt::format("{}", value) : fmt::format("{:.3g}", value);
}

// Values that cut the sorted numbers at tenths, quarters and the middle; the second value too, so
// that "more than the minimum" can be said of a column that is mostly zero.
std::vector<double> cuts_of(const Numbers& numbers) {
  // The number of fewest decimals in (low, high], so that a cut reads well and cuts the same.
  const auto short_between = [](double low, double high) {
    for (double scale = 1e-6; scale <= 1e12; scale *= 10) {
      const double candidate = std::floor(high * scale) / scale;
      if (candidate > low && candidate <= high) {
        return candidate;
      }
    }
    return high;
  };
  std::set<double> chosen = {numbers.front().first};
  for (const double q : {0.1, 0.25, 0.5, 0.75, 0.9}) {
    chosen.insert(numbers[static_cast<std::size_t>(q * static_cast<double>(numbers.size()))].first);
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

std::vector<std::uint32_t> rows_between(const Numbers& numbers, double low, double high,
                                        bool with_high) {
  std::vector<std::uint32_t> rows;
  for (const auto& [value, row] : numbers) {
    if (value >= low && (value < high || (with_high && value == high))) {
      rows.push_back(row);
    }
  }
  return rows;
}

}  // namespace

void read_attributes(std::string_view attributes, std::uint32_t row,
                     std::map<std::string, ValueColumn>& columns) {
  if (attributes.empty()) {
    return;
  }
  const Json object = parse_json(attributes, "attributes");
  for (const auto& [name, value] : object.items()) {
    if (name == "split") {
      continue;
    }
    if (value.is_string()) {
      columns[name].texts[value.get<std::string>()].push_back(row);
    } else if (value.is_boolean()) {
      columns[name].flags[value.get<bool>()].push_back(row);
    } else if (value.is_number()) {
      columns[name].numbers.emplace_back(value.get<double>(), row);
    }
  }
}

void ConditionBuilder::add_column(const ColumnName& column, ValueColumn values) {
  if (column.where.empty()) {
    return;
  }
  add_texts(column, values);
  for (const auto& [value, rows] : values.flags) {
    const std::string name = spaced(column.name);
    Words words;
    if (column.name == "night") {
      words.after = value ? "at night" : "by day";
    } else if (column.of_object) {
      words = value ? Words{"", name} : Words{"that are not " + name};
    } else {
      words.after = fmt::format("{} {}", value ? "with" : "without", name);
    }
    keep(fmt::format("{} = {}", column.where, value), words, rows);
  }
  add_numbers(column, std::move(values.numbers));
  ++column_;
}

void ConditionBuilder::add(std::vector<SampleCondition> conditions) {
  int last = -1;
  for (auto& condition : conditions) {
    last = std::max(last, condition.column);
    condition.column += column_;
    const std::size_t rows = condition.rows.count();
    if (rows >= rows_min_ && rows < row_count_) {
      conditions_.push_back(std::move(condition));
    }
  }
  column_ += last + 1;
}

void ConditionBuilder::keep(std::string where, Words words,
                            const std::vector<std::uint32_t>& rows) {
  if (rows.size() < rows_min_ || rows.size() == row_count_) {
    return;
  }
  SampleCondition condition{.where = std::move(where),
                            .words = std::move(words.after),
                            .adjective = std::move(words.adjective),
                            .class_name = std::move(words.class_name),
                            .column = column_,
                            .complexity = words.complexity,
                            .rows = kernels::RowSet(row_count_)};
  for (const auto row : rows) {
    condition.rows.add(row);
  }
  conditions_.push_back(std::move(condition));
}

void ConditionBuilder::add_texts(const ColumnName& column, const ValueColumn& values) {
  std::vector<std::size_t> sizes;
  for (const auto& [value, rows] : values.texts) {
    sizes.push_back(rows.size());
  }
  std::sort(sizes.rbegin(), sizes.rend());
  const std::size_t bar = sizes.size() > kTextValuesMax ? sizes[kTextValuesMax - 1] : 0;
  for (const auto& [value, rows] : values.texts) {
    if (rows.size() < bar) {
      continue;
    }
    Words words;
    if (column.of_object && column.name == "class") {
      words.class_name = value;
    } else if (column.of_object && is_quality(column.name)) {
      words.adjective = spaced(value);
    } else if (!column.of_object && is_place_or_weather(column.name)) {
      words.after = fmt::format("in {}", spaced(value));
    } else {
      words.after = where_words(column, "is " + spaced(value));
    }
    keep(fmt::format("{} = {}", column.where, filter_text(value)), words, rows);
  }
}

void ConditionBuilder::add_numbers(const ColumnName& column, Numbers numbers) {
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
  for (const double value : few ? values : std::vector<double>()) {
    keep(fmt::format("{} = {}", column.where, value),
         {where_words(column, "is " + said(value)), "", 2},
         rows_between(numbers, value, value, true));
  }
  add_ranges(column, numbers, few ? values : cuts_of(numbers));
}

// `cuts` rises and starts at the minimum.
void ConditionBuilder::add_ranges(const ColumnName& column, const Numbers& numbers,
                                  const std::vector<double>& cuts) {
  const double low = numbers.front().first;
  const double high = numbers.back().first;
  const Measure* measure = column.of_object ? measure_of(column.name) : nullptr;
  const auto half_range = [&](const std::string& where, const std::string& rest,
                              std::string_view word, std::vector<std::uint32_t> rows) {
    Words words{where_words(column, rest), "", 3};
    if (measure != nullptr && 2 * rows.size() <= numbers.size() + 1) {
      words.after = measure->before_noun ? "" : word;
      words.adjective = measure->before_noun ? word : "";
    }
    keep(where, words, rows);
  };
  for (std::size_t i = 1; i < cuts.size(); ++i) {
    const double cut = cuts[i];
    half_range(fmt::format("{} >= {}", column.where, cut), "is at least " + said(cut),
               measure == nullptr ? "" : measure->high, rows_between(numbers, cut, high, true));
    half_range(fmt::format("{} < {}", column.where, cut), "is below " + said(cut),
               measure == nullptr ? "" : measure->low, rows_between(numbers, low, cut, false));
    if (i + 1 < cuts.size()) {
      keep(fmt::format("{0} >= {1} AND {0} < {2}", column.where, cut, cuts[i + 1]),
           {where_words(column, fmt::format("is from {} to {}", said(cut), said(cuts[i + 1]))), "",
            4},
           rows_between(numbers, cut, cuts[i + 1], false));
    }
  }
}

}  // namespace spotter
