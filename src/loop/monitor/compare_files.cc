#include "loop/monitor/compare_files.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <span>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "kernels/column_drift.h"
#include "kernels/false_discovery.h"
#include "loop/monitor/column_kinds.h"
#include "loop/monitor/table_source.h"

namespace spotter::monitor {
namespace {

// One line of the report.
struct Line {
  std::string column;
  std::string of = "value";
  std::string skipped;  // why there is no test
  std::string change;   // why no test is needed: the column is another one now
  bool enough = true;
  kernels::ColumnDrift drift;
  Json reference;
  Json current;
};

// Values of one column in one file; exactly one of the two is filled.
struct Values {
  std::vector<double> numbers;
  lake::Categories categories;
};

std::vector<std::uint8_t> missing_of(const Values& values) {
  std::vector<std::uint8_t> missing;
  for (const double number : values.numbers) {
    missing.push_back(static_cast<std::uint8_t>(std::isnan(number)));
  }
  for (const auto code : values.categories.codes) {
    missing.push_back(static_cast<std::uint8_t>(code < 0));
  }
  return missing;
}

// The groups of the rows of both files under common numbers.
struct Groups {
  std::vector<std::uint32_t> reference;
  std::vector<std::uint32_t> current;
};

template <typename T>
void keep_present(std::vector<T>& values, const std::vector<std::uint8_t>& missing) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (missing[i] == 0) {
      values[kept++] = values[i];
    }
  }
  values.resize(kept);
}

// Numbers as categories when both files together have at most kFewValues of them.
bool make_categories(Values& reference, Values& current) {
  std::set<double> distinct;
  for (const auto* values : {&reference.numbers, &current.numbers}) {
    for (const double number : *values) {
      if (!std::isnan(number) && distinct.insert(number).second && distinct.size() > kFewValues) {
        return false;
      }
    }
  }
  for (auto* values : {&reference, &current}) {
    values->categories.names.clear();
    for (const double number : distinct) {
      values->categories.names.push_back(fmt::format("{}", number));
    }
    for (const double number : values->numbers) {
      values->categories.codes.push_back(
          std::isnan(number)
              ? -1
              : static_cast<std::int32_t>(std::distance(distinct.begin(), distinct.find(number))));
    }
    values->numbers.clear();
  }
  return true;
}

Json summary_of(std::span<const double> sorted) {
  if (sorted.empty()) {
    return nullptr;
  }
  const double sum = std::accumulate(sorted.begin(), sorted.end(), 0.0);
  return {{"rows", sorted.size()},
          {"mean", sum / static_cast<double>(sorted.size())},
          {"median", sorted[sorted.size() / 2]},
          {"low", sorted[sorted.size() / 20]},
          {"high", sorted[sorted.size() - 1 - sorted.size() / 20]}};
}

// Shares of the categories that moved most, at most five.
void add_shares(Line& line, const std::vector<std::string>& names,
                const std::vector<double>& reference, const std::vector<double>& current) {
  const double n = std::accumulate(reference.begin(), reference.end(), 0.0);
  const double m = std::accumulate(current.begin(), current.end(), 0.0);
  std::vector<std::size_t> order(names.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto moved = [&](std::size_t c) {
    return n > 0 && m > 0 ? std::abs(reference[c] / n - current[c] / m) : 0;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return moved(a) > moved(b); });
  order.resize(std::min<std::size_t>(order.size(), 5));
  line.reference = {{"rows", static_cast<std::size_t>(n)}, {"shares", Json::object()}};
  line.current = {{"rows", static_cast<std::size_t>(m)}, {"shares", Json::object()}};
  for (const auto c : order) {
    line.reference["shares"][names[c]] = n > 0 ? reference[c] / n : 0;
    line.current["shares"][names[c]] = m > 0 ? current[c] / m : 0;
  }
}

class Comparison {
 public:
  explicit Comparison(const CompareFilesOptions& options)
      : options_(options),
        reference_(open_table(options.reference)),
        current_(open_table(options.current)) {
    refuse_unlike_shapes();
    if (!options.group.empty()) {
      read_groups();
    }
  }

  Json run() {
    const auto columns = chosen();
    if (columns.empty()) {
      fail(ErrorCode::kInvalid, fmt::format("there is no column to compare; of {}: {}, of {}: {}",
                                            options_.reference.string(), names_of(reference_),
                                            options_.current.string(), names_of(current_)));
    }
    for (const auto& column : columns) {
      compare(column);
    }
    return report();
  }

 private:
  [[nodiscard]] const lake::FileColumn& named(const TableSource& source, const std::string& name,
                                              const std::filesystem::path& path) const {
    const auto* column = source.find(name);
    if (column == nullptr) {
      std::vector<std::string> known;
      for (const auto& c : source.columns) {
        known.push_back(c.name);
      }
      fail(ErrorCode::kNotFound, fmt::format("there is no column \"{}\"{}: {}", name,
                                             did_you_mean(name, known), path.string()));
    }
    return *column;
  }

  void refuse_unlike_shapes() const {
    const auto n = reference_.columns.size();
    const auto m = current_.columns.size();
    if (n != m && options_.reference.extension() == ".npy" &&
        options_.current.extension() == ".npy") {
      fail(ErrorCode::kInvalid,
           fmt::format("{} and {} columns, which have no names by which to find the same ones: {}, "
                       "{}",
                       n, m, options_.reference.string(), options_.current.string()));
    }
  }

  void read_groups() {
    if (options_.reference.extension() == ".npy" || options_.current.extension() == ".npy") {
      fail(ErrorCode::kInvalid,
           "--group names a column, and .npy files have none of that kind: "
           "use Parquet or CSV");
    }
    std::map<std::string, std::uint32_t> numbers;
    const auto take = [&](const TableSource& source, const std::filesystem::path& path,
                          std::vector<std::uint32_t>& groups) {
      (void)named(source, options_.group, path);
      const auto categories = source.categories(options_.group);
      std::uint32_t alone = 0;  // a row without a group is one of its own
      for (const auto code : categories.codes) {
        const auto name = code < 0 ? fmt::format("\x01{}", alone++)
                                   : categories.names[static_cast<std::size_t>(code)];
        groups.push_back(
            numbers.try_emplace(name, static_cast<std::uint32_t>(numbers.size())).first->second);
      }
    };
    take(reference_, options_.reference, groups_.reference);
    take(current_, options_.current, groups_.current);
  }

  std::vector<std::string> chosen() {
    for (const auto* names : {&options_.columns, &options_.except}) {
      for (const auto& name : *names) {
        (void)named(reference_, name, options_.reference);
      }
    }
    for (const auto& name : options_.columns) {
      (void)named(current_, name, options_.current);
    }
    const auto in = [](const std::vector<std::string>& names, const std::string& name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    std::vector<std::string> names;
    for (const auto& column : reference_.columns) {
      if (column.name == options_.group || in(options_.except, column.name) ||
          (!options_.columns.empty() && !in(options_.columns, column.name))) {
        continue;
      }
      if (current_.find(column.name) == nullptr) {
        only_reference_.push_back(column.name);
      } else {
        names.push_back(column.name);
      }
    }
    for (const auto& column : current_.columns) {
      if (reference_.find(column.name) == nullptr) {
        only_current_.push_back(column.name);
      }
    }
    return names;
  }

  void skip(const std::string& column, const std::string& why, const std::string& change = "") {
    lines_.push_back({.column = column,
                      .of = change.empty() ? "value" : "type",
                      .skipped = why,
                      .change = change});
  }

  void compare(const std::string& name) {
    const auto kinds = column_kinds(reference_, current_, name);
    if (!kinds.change.empty() && kinds.kind != lake::ColumnKind::kCategory) {
      return skip(name, "", kinds.change);
    }
    if (kinds.kind == lake::ColumnKind::kTime) {
      return skip(name, "a time goes on by itself");
    }
    const auto& a = *reference_.find(name);
    if (kinds.kind == lake::ColumnKind::kOther) {
      return skip(name, fmt::format("values of type {} have no order and no categories", a.type));
    }
    Values reference;
    Values current;
    bool numbers = kinds.kind == lake::ColumnKind::kNumber;
    if (!numbers) {
      reference.categories = reference_.categories(name);
      current.categories = current_.categories(name);
      numbers = kinds.change.empty() && mostly_numbers(reference.categories, current.categories);
    }
    if (numbers) {
      reference = {.numbers = reference_.numbers(name)};
      current = {.numbers = current_.numbers(name)};
      if (is_running_number(a, reference.numbers) &&
          is_running_number(*current_.find(name), current.numbers)) {
        return skip(name, "a running number goes on by itself");
      }
    }
    compare_missing(name, missing_of(reference), missing_of(current));
    if (const auto why = why_no_categories(reference.categories, current.categories);
        !why.empty()) {
      return skip(name, why, kinds.change);
    }
    if (numbers && !make_categories(reference, current)) {
      compare_numbers(name, std::move(reference.numbers), std::move(current.numbers));
    } else {
      compare_categories(name, reference.categories, current.categories);
    }
  }

  // Whether values are there at all is a question of its own.
  void compare_missing(const std::string& name, const std::vector<std::uint8_t>& reference,
                       const std::vector<std::uint8_t>& current) {
    const auto any = [](const auto& flags) {
      return std::find(flags.begin(), flags.end(), 1) != flags.end();
    };
    if (any(reference) || any(current)) {
      const std::vector<std::string> names = {"present", "missing"};
      lake::Categories a{.codes = {reference.begin(), reference.end()}, .names = names};
      lake::Categories b{.codes = {current.begin(), current.end()}, .names = names};
      compare_categories(name, a, b);
      lines_.back().of = "missing";
    }
  }

  // Groups of the rows that are kept, pooled.
  [[nodiscard]] kernels::PooledGroups pooled(const std::vector<std::uint8_t>& reference_missing,
                                             const std::vector<std::uint8_t>& current_missing,
                                             Line& line) const {
    auto reference = groups_.reference;
    auto current = groups_.current;
    keep_present(reference, reference_missing);
    keep_present(current, current_missing);
    auto groups = kernels::pool_groups(reference, current);
    const auto current_groups = static_cast<std::size_t>(
        std::accumulate(groups.is_current.begin(), groups.is_current.end(), 0));
    line.enough = line.enough && current_groups >= options_.groups_min &&
                  groups.is_current.size() - current_groups >= options_.groups_min;
    return groups;
  }

  [[nodiscard]] kernels::PermutationOptions permutations() const {
    return {.permutations = options_.permutations, .seed = options_.seed};
  }

  void compare_numbers(const std::string& name, std::vector<double> reference,
                       std::vector<double> current) {
    Line line{.column = name};
    const auto reference_missing = missing_of({.numbers = reference});
    const auto current_missing = missing_of({.numbers = current});
    keep_present(reference, reference_missing);
    keep_present(current, current_missing);
    line.enough = std::min(reference.size(), current.size()) >= options_.rows_min;
    if (!options_.group.empty()) {
      const auto groups = pooled(reference_missing, current_missing, line);
      std::vector<double> values = reference;
      values.insert(values.end(), current.begin(), current.end());
      if (line.enough) {
        line.drift = kernels::number_drift(values, groups, permutations());
      }
      std::sort(reference.begin(), reference.end());
      std::sort(current.begin(), current.end());
    } else if (line.enough) {
      line.drift = kernels::number_drift(reference, current);
    }
    if (line.enough) {
      line.reference = summary_of(reference);
      line.current = summary_of(current);
    }
    lines_.push_back(std::move(line));
  }

  void compare_categories(const std::string& name, const lake::Categories& reference,
                          const lake::Categories& current) {
    Line line{.column = name};
    std::map<std::string, std::int32_t> numbers;
    std::vector<std::string> names;
    std::vector<std::int32_t> codes[2];
    std::vector<std::vector<double>> counts(2);
    const lake::Categories* sides[2] = {&reference, &current};
    for (std::size_t side = 0; side < 2; ++side) {
      std::vector<std::int32_t> common;
      for (const auto& text : sides[side]->names) {
        const auto next = static_cast<std::int32_t>(names.size());
        const auto [it, added] = numbers.try_emplace(text, next);
        if (added) {
          names.push_back(text);
        }
        common.push_back(it->second);
      }
      for (const auto code : sides[side]->codes) {
        if (code >= 0) {
          codes[side].push_back(common[static_cast<std::size_t>(code)]);
        }
      }
    }
    line.enough = std::min(codes[0].size(), codes[1].size()) >= options_.rows_min;
    for (std::size_t side = 0; side < 2; ++side) {
      counts[side].assign(names.size(), 0);
      for (const auto code : codes[side]) {
        counts[side][static_cast<std::size_t>(code)] += 1;
      }
    }
    if (line.enough) {
      test_categories(line, reference, current, codes, names, counts);
    }
    lines_.push_back(std::move(line));
  }

  void test_categories(Line& line, const lake::Categories& reference,
                       const lake::Categories& current, std::vector<std::int32_t> (&codes)[2],
                       const std::vector<std::string>& names,
                       const std::vector<std::vector<double>>& counts) const {
    add_shares(line, names, counts[0], counts[1]);
    if (!options_.group.empty()) {
      const auto groups =
          pooled(missing_of({.categories = reference}), missing_of({.categories = current}), line);
      codes[0].insert(codes[0].end(), codes[1].begin(), codes[1].end());
      if (line.enough) {
        line.drift = kernels::category_drift(codes[0], names.size(), groups, permutations());
      }
      return;
    }
    // Chi-square needs five expected rows: rarer categories count as one.
    const auto n = static_cast<double>(codes[0].size());
    const auto m = static_cast<double>(codes[1].size());
    std::vector<double> a = {0};
    std::vector<double> b = {0};
    for (std::size_t c = 0; c < names.size(); ++c) {
      const bool rare = (counts[0][c] + counts[1][c]) * std::min(n, m) / (n + m) < 5;
      if (!rare) {
        a.push_back(0);
        b.push_back(0);
      }
      a[rare ? 0 : a.size() - 1] += counts[0][c];
      b[rare ? 0 : b.size() - 1] += counts[1][c];
    }
    line.drift = kernels::category_drift(a, b);
  }

  static bool is_tested(const Line& line) {
    return line.skipped.empty() && line.change.empty() && line.enough;
  }

  [[nodiscard]] Json report() const {
    std::vector<double> p;
    for (const auto& line : lines_) {
      if (is_tested(line)) {
        p.push_back(line.drift.p);
      }
    }
    const auto adjusted = kernels::benjamini_hochberg(p);
    Json columns = Json::array();
    std::size_t next = 0;
    std::size_t drifted = 0;
    std::size_t tested = p.size();
    for (const auto& line : lines_) {
      columns.push_back(row_of(line, is_tested(line) ? adjusted[next++] : NAN));
      drifted += columns.back()["drifted"].get<bool>() ? 1 : 0;
      tested += line.change.empty() ? 0 : 1;
    }
    return {{"verdict", drifted > 0   ? "drift"
                        : tested == 0 ? "not enough data"
                                      : "no drift"},
            {"drifted", drifted},
            {"tested", tested},
            {"level", options_.level},
            {"effect_floor", options_.effect_floor},
            {"rows", {{"reference", reference_.rows}, {"current", current_.rows}}},
            {"columns", columns},
            {"only_reference", only_reference_},
            {"only_current", only_current_}};
  }

  [[nodiscard]] Json row_of(const Line& line, double adjusted) const {
    Json row = {{"column", line.column}, {"of", line.of}};
    if (!line.change.empty()) {
      row["state"] = "drifted";
      row["reason"] = line.change;
      row["drifted"] = true;
      return row;
    }
    if (std::isnan(adjusted)) {
      row["state"] = line.skipped.empty() ? "not enough data" : "skipped";
      row["reason"] = line.skipped.empty()
                          ? fmt::format("a side has fewer than {} rows{}", options_.rows_min,
                                        options_.group.empty()
                                            ? std::string()
                                            : fmt::format(" or {} groups", options_.groups_min))
                          : line.skipped;
      row["drifted"] = false;
      return row;
    }
    const bool drifted = adjusted <= options_.level && line.drift.effect >= options_.effect_floor;
    row["state"] = drifted ? "drifted" : "ok";
    row["test"] = line.drift.test;
    row["statistic"] = line.drift.statistic;
    row["p"] = line.drift.p;
    row["adjusted_p"] = adjusted;
    row["effect"] = line.drift.effect;
    row["minimum_detectable_effect"] = line.drift.detectable;
    row["drifted"] = drifted;
    row["reference"] = line.reference;
    row["current"] = line.current;
    return row;
  }

  const CompareFilesOptions& options_;
  TableSource reference_;
  TableSource current_;
  Groups groups_;
  std::vector<std::string> only_reference_;
  std::vector<std::string> only_current_;
  std::vector<Line> lines_;
};

}  // namespace

Json compare_files(const CompareFilesOptions& options) {
  return Comparison(options).run();
}

}  // namespace spotter::monitor
