#include "loop/triage/explain.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "kernels/slices.h"

namespace spotter::triage {
namespace {

using kernels::RowSet;

constexpr double kFailingShareMax = 0.2;  // of samples, when findings are nearly everywhere

bool about_objects(const std::string& error) {
  return error == "miss" || error == "wrong_class" || error == "bad_box";
}

// The rows of the search: objects (as many as were counted for each sample and class) or samples.
struct Units {
  std::string unit;
  std::vector<std::uint32_t> sample;     // of each row
  std::vector<std::string> class_names;  // sorted; empty for samples
  std::vector<std::uint32_t> class_of;   // index into class_names of each row; empty for samples
  RowSet failing;
};

// A condition as a predicate over the rows.
struct Condition {
  std::string where;  // empty for a class
  std::string words;
  std::string class_name;
  double weight = 1;
};

class Search {
 public:
  Search(const Channel& channel, std::string error, const GroupingOptions& options)
      : channel_(channel), error_(std::move(error)), options_(options) {
    for (std::uint32_t s = 0; s < channel.samples.size(); ++s) {
      index_.emplace(channel.samples[s].key, s);
    }
    for (std::size_t i = 0; i < channel.findings.size(); ++i) {
      if (channel.findings[i].error == error_) {
        findings_.push_back(i);
      }
    }
    scenes_ = scene_numbers(channel.samples);
    about_objects(error_) && !channel.objects.empty() ? make_object_units() : make_sample_units();
    add_conditions();
  }

  std::vector<Explained> run(std::size_t families) const {
    kernels::SliceOptions options;
    options.rows_min = options_.samples_min;
    options.slices_max = options_.slices_max;
    options.conditions_max = 3;
    options.replicate = true;
    options.false_discovery =
        options_.false_discovery / static_cast<double>(std::max<std::size_t>(families, 1));
    std::vector<std::uint32_t> group;
    for (const auto s : units_.sample) {
      group.push_back(scenes_[s]);
    }
    std::vector<Explained> result;
    std::set<std::size_t> explained;
    for (const auto& slice : kernels::find_slices(predicates_, units_.failing, group, options)) {
      result.push_back(explanation_of(slice));
      explained.insert(result.back().findings.begin(), result.back().findings.end());
    }
    add_left_over(explained, result);
    return result;
  }

 private:
  std::uint32_t sample_of(std::size_t finding) const {
    return index_.at(channel_.findings[finding].sample);
  }

  void make_object_units() {
    units_.unit = "objects";
    std::map<std::pair<std::uint32_t, std::string>, std::size_t> failing;
    for (const auto i : findings_) {
      ++failing[{sample_of(i), channel_.findings[i].class_name}];
    }
    std::set<std::string> classes;
    std::vector<std::string> row_class;
    std::vector<bool> fails;
    for (const auto& [key, counts] : channel_.objects) {
      const auto sample = index_.find(key);
      if (sample == index_.end()) {
        continue;
      }
      for (const auto& [class_name, count] : counts) {
        classes.insert(class_name);
        const auto bad = failing.find({sample->second, class_name});
        for (std::int64_t n = 0; n < count; ++n) {
          units_.sample.push_back(sample->second);
          row_class.push_back(class_name);
          fails.push_back(bad != failing.end() && static_cast<std::size_t>(n) < bad->second);
        }
      }
    }
    units_.class_names.assign(classes.begin(), classes.end());
    units_.failing = RowSet(units_.sample.size());
    for (std::size_t row = 0; row < row_class.size(); ++row) {
      const auto at =
          std::lower_bound(units_.class_names.begin(), units_.class_names.end(), row_class[row]);
      units_.class_of.push_back(static_cast<std::uint32_t>(at - units_.class_names.begin()));
      if (fails[row]) {
        units_.failing.add(row);
      }
    }
  }

  void make_sample_units() {
    units_.unit = "samples";
    std::vector<double> weight(channel_.samples.size(), 0);
    for (const auto i : findings_) {
      weight[sample_of(i)] += channel_.findings[i].score;
    }
    auto sorted = weight;
    std::sort(sorted.begin(), sorted.end());
    const auto at =
        static_cast<std::size_t>((1 - kFailingShareMax) * static_cast<double>(sorted.size()));
    const double bar = sorted.empty() ? 0 : sorted[std::min(at, sorted.size() - 1)];
    units_.failing = RowSet(channel_.samples.size());
    for (std::uint32_t s = 0; s < channel_.samples.size(); ++s) {
      units_.sample.push_back(s);
      if (weight[s] > 0 && weight[s] >= bar) {
        units_.failing.add(s);
      }
    }
  }

  // Rows whose sample is in `samples`.
  RowSet rows_of_samples(const RowSet& samples) const {
    RowSet rows(units_.sample.size());
    for (std::size_t row = 0; row < units_.sample.size(); ++row) {
      if (samples.has(units_.sample[row])) {
        rows.add(row);
      }
    }
    return rows;
  }

  void add_conditions() {
    int column = 0;
    for (auto& c : sample_conditions(channel_.samples, options_.samples_min)) {
      column = std::max(column, c.column + 1);
      conditions_.push_back({std::move(c.where), std::move(c.words), "", 1});
      predicates_.push_back({c.column, rows_of_samples(c.rows), c.complexity});
    }
    for (const auto& slice : channel_.slices) {
      const auto known = std::find_if(conditions_.begin(), conditions_.end(),
                                      [&](const Condition& c) { return c.where == slice.where; });
      if (known != conditions_.end()) {
        known->weight = std::max(known->weight, slice.weight);
        continue;
      }
      if (slice.where == "true") {
        continue;
      }
      RowSet samples(channel_.samples.size());
      for (std::size_t s = 0; s < slice.holds.size(); ++s) {
        if (slice.holds[s] != 0) {
          samples.add(s);
        }
      }
      conditions_.push_back(
          {slice.where, fmt::format("in slice {}", slice.name), "", slice.weight});
      predicates_.push_back({column++, rows_of_samples(samples), 1});
    }
    for (std::uint32_t c = 0; c < units_.class_names.size() && units_.class_names.size() > 1; ++c) {
      if (!units_.class_names[c].empty()) {  // objects whose class nobody knows are no class
        conditions_.push_back({"", "", units_.class_names[c], 1});
        predicates_.push_back({column, rows_of_class(units_.class_names[c]), 1});
      }
    }
  }

  Explained explanation_of(const kernels::FoundSlice& slice) const {
    Explained explained;
    explained.error = error_;
    explained.p = slice.p_adjusted;
    RowSet rows(units_.sample.size(), true);
    std::string where;
    for (const auto p : slice.predicates) {
      const auto& condition = conditions_[p];
      rows &= predicates_[p].rows;
      explained.weight = std::max(explained.weight, condition.weight);
      if (condition.where.empty()) {
        explained.class_name = condition.class_name;
        continue;
      }
      where += (where.empty() ? "" : " AND ") + condition.where;
      explained.words += (explained.words.empty() ? "" : " ") + condition.words;
    }
    explained.where = where.empty() ? "true" : where;
    describe(rows, explained);
    for (const auto i : findings_) {
      const bool in_sample = explained.samples.contains(channel_.findings[i].sample);
      if (in_sample && (explained.class_name.empty() ||
                        channel_.findings[i].class_name == explained.class_name)) {
        explained.findings.push_back(i);
      }
    }
    return explained;
  }

  // Counts and rates of the rows.
  void describe(const RowSet& rows, Explained& explained) const {
    explained.unit = units_.unit;
    explained.unit_count = rows.count();
    explained.affected_count = rows.count_with(units_.failing);
    explained.unit_share =
        static_cast<double>(explained.unit_count) / static_cast<double>(units_.sample.size());
    rows.each([&](std::size_t row) {
      explained.samples.insert(channel_.samples[units_.sample[row]].key);
    });
    RowSet outside(units_.sample.size(), true);
    outside.remove(rows);
    explained.rate_inside = rate(rows);
    explained.rate_outside = rate(outside);
  }

  // The failing share of `rows`. Flags count by scene: a person presses the button once for an
  // event.
  double rate(const RowSet& rows) const {
    const auto ratio = [](std::size_t a, std::size_t b) {
      return b == 0 ? 0.0 : static_cast<double>(a) / static_cast<double>(b);
    };
    if (error_ != "flagged") {
      return ratio(rows.count_with(units_.failing), rows.count());
    }
    std::set<std::uint32_t> hit;
    std::set<std::uint32_t> all;
    rows.each([&](std::size_t row) {
      all.insert(scenes_[units_.sample[row]]);
      if (units_.failing.has(row)) {
        hit.insert(scenes_[units_.sample[row]]);
      }
    });
    return ratio(hit.size(), all.size());
  }

  // Findings that nothing explains, by class.
  void add_left_over(const std::set<std::size_t>& explained_findings,
                     std::vector<Explained>& result) const {
    std::map<std::string, std::vector<std::size_t>> by_class;
    for (const auto i : findings_) {
      if (!explained_findings.contains(i)) {
        by_class[channel_.findings[i].class_name].push_back(i);
      }
    }
    for (auto& [class_name, findings] : by_class) {
      std::set<std::uint32_t> scenes;
      std::set<std::uint32_t> samples;
      for (const auto i : findings) {
        samples.insert(sample_of(i));
        scenes.insert(scenes_[sample_of(i)]);
      }
      if (samples.size() < options_.findings_min || scenes.size() < 3) {
        continue;
      }
      Explained rest;
      rest.error = error_;
      rest.class_name = class_name;
      describe(rows_of_class(class_name), rest);
      rest.affected_count = units_.unit == "objects" ? findings.size() : samples.size();
      rest.rate_inside = static_cast<double>(rest.affected_count) /
                         static_cast<double>(std::max<std::size_t>(rest.unit_count, 1));
      rest.rate_outside = 0;
      rest.findings = std::move(findings);
      result.push_back(std::move(rest));
    }
  }

  RowSet rows_of_class(const std::string& class_name) const {
    const auto at = std::find(units_.class_names.begin(), units_.class_names.end(), class_name);
    if (at == units_.class_names.end()) {
      return RowSet(units_.sample.size(), true);
    }
    RowSet rows(units_.sample.size());
    for (std::size_t row = 0; row < units_.class_of.size(); ++row) {
      if (units_.class_of[row] == static_cast<std::uint32_t>(at - units_.class_names.begin())) {
        rows.add(row);
      }
    }
    return rows;
  }

  const Channel& channel_;
  std::string error_;
  const GroupingOptions& options_;
  std::map<std::string_view, std::uint32_t> index_;
  std::vector<std::size_t> findings_;
  std::vector<std::uint32_t> scenes_;  // of each sample
  Units units_;
  std::vector<Condition> conditions_;
  std::vector<kernels::SlicePredicate> predicates_;
};

}  // namespace

std::vector<Explained> explain(const Channel& channel, const std::string& error,
                               const GroupingOptions& options, std::size_t families) {
  return Search(channel, error, options).run(families);
}

}  // namespace spotter::triage
