#include "loop/checks/failure_clusters.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <fmt/format.h>

#include "kernels/look_alikes.h"
#include "project/sample_conditions.h"

namespace spotter::checks {
namespace {

constexpr std::size_t kFailingMin = 40;  // objects; half of them are to confirm
constexpr std::size_t kScenesMin = 20;
constexpr std::size_t kExemplarsMax = 5;  // pictures that stand for a group, each of another scene

// What one check judged, one row an object; which of a picture's objects fail does not matter.
struct Objects {
  std::vector<std::uint32_t> picture_of;  // row of the embeddings
  std::vector<std::uint32_t> scene_of;
  kernels::RowSet failing;
};

class Clusters {
 public:
  explicit Clusters(const CheckInput& input) : input_(input), scene_(scene_numbers(input.samples)) {
    std::map<std::string_view, std::size_t> place;
    for (std::size_t s = 0; s < input.samples.size(); ++s) {
      place.emplace(input.samples[s].key, s);
    }
    for (const auto& key : input.embeddings.keys) {
      sample_of_.push_back(place.at(key));
    }
    constexpr std::size_t kSamplesMin = 20;
    conditions_ = sample_conditions(input.samples, kSamplesMin);
  }

  void find(const FailureCounts& counts, double level, CheckOutput& output) const {
    const Objects objects = objects_of(counts);
    const std::set<std::uint32_t> scenes(objects.scene_of.begin(), objects.scene_of.end());
    if (objects.failing.count() < kFailingMin || scenes.size() < kScenesMin) {
      return;
    }
    std::vector<kernels::RowSet> satisfied;
    std::vector<const kernels::RowSet*> conditions;
    satisfied.reserve(conditions_.size());
    for (const auto& condition : conditions_) {
      auto& rows = satisfied.emplace_back(objects.picture_of.size());
      for (std::size_t row = 0; row < objects.picture_of.size(); ++row) {
        if (condition.rows.has(sample_of_[objects.picture_of[row]])) {
          rows.add(row);
        }
      }
      conditions.push_back(&rows);
    }
    const kernels::Vectors pictures{input_.embeddings.values, input_.embeddings.dimensions};
    int number = 0;
    for (const auto& group : kernels::find_look_alikes({.pictures = pictures,
                                                        .picture_of = objects.picture_of,
                                                        .scene_of = objects.scene_of,
                                                        .failing = objects.failing,
                                                        .conditions = conditions},
                                                       level)) {
      const auto name = fmt::format("{}, look-alike group {}{}", counts.check, ++number,
                                    common(group, satisfied));
      report(counts, objects, group, name, output);
    }
  }

 private:
  [[nodiscard]] Objects objects_of(const FailureCounts& counts) const {
    Objects objects;
    std::vector<std::size_t> failing;
    for (std::uint32_t picture = 0; picture < sample_of_.size(); ++picture) {
      const std::size_t s = sample_of_[picture];
      const auto count = std::max(counts.objects[s], counts.failing[s]);
      for (std::int64_t k = 0; k < count; ++k) {
        if (k < counts.failing[s]) {
          failing.push_back(objects.picture_of.size());
        }
        objects.picture_of.push_back(picture);
        objects.scene_of.push_back(scene_[s]);
      }
    }
    objects.failing = kernels::RowSet(objects.picture_of.size());
    for (const auto row : failing) {
      objects.failing.add(row);
    }
    return objects;
  }

  // Samples of the group with the most failing objects, each of another scene.
  [[nodiscard]] std::vector<std::size_t> exemplars(const Objects& objects,
                                                   const kernels::LookAlikes& group) const {
    std::map<std::uint32_t, int> failing;
    group.rows.each([&](std::size_t row) {
      failing[objects.picture_of[row]] += objects.failing.has(row) ? 1 : 0;
    });
    std::vector<std::pair<std::uint32_t, int>> order(failing.begin(), failing.end());
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    std::set<std::uint32_t> scenes;
    std::vector<std::size_t> chosen;
    for (const auto& [picture, count] : order) {
      const std::size_t s = sample_of_[picture];
      if (count > 0 && chosen.size() < kExemplarsMax && scenes.insert(scene_[s]).second) {
        chosen.push_back(s);
      }
    }
    return chosen;
  }

  // What nearly all of the group have in common and others less: ", 97 % in rain".
  [[nodiscard]] std::string common(const kernels::LookAlikes& group,
                                   const std::vector<kernels::RowSet>& satisfied) const {
    constexpr double kShareMin = 0.8;
    constexpr double kLiftMin = 1.5;
    const auto size = static_cast<double>(group.rows.count());
    std::string words;
    double most = kLiftMin;
    for (std::size_t c = 0; c < conditions_.size(); ++c) {
      const double inside = static_cast<double>(satisfied[c].count_with(group.rows)) / size;
      const double overall =
          static_cast<double>(satisfied[c].count()) / static_cast<double>(satisfied[c].row_count());
      // A plain value says more to people than a range that fits a little better.
      const double lift = inside / overall * (conditions_[c].complexity <= 2 ? 1.2 : 1);
      if (inside >= kShareMin && lift > most) {
        most = lift;
        words = fmt::format(", {:.0f} % {}", 100 * inside, conditions_[c].words);
      }
    }
    return words;
  }

  void report(const FailureCounts& counts, const Objects& objects, const kernels::LookAlikes& group,
              const std::string& name, CheckOutput& output) const {
    std::set<std::uint32_t> pictures;
    group.rows.each([&](std::size_t row) { pictures.insert(objects.picture_of[row]); });
    const auto* named =
        group.condition < 0 ? nullptr : &conditions_[static_cast<std::size_t>(group.condition)];
    const Json evidence = {{"name", name},
                           {"found_by", counts.check},
                           {"pictures", pictures.size()},
                           {"objects", group.counts.rows},
                           {"failing", group.counts.failing},
                           {"share_inside", group.counts.rate()},
                           {"share_outside", group.rate_outside},
                           {"p", group.p},
                           {"where", named == nullptr ? "" : named->where}};
    for (const auto s : exemplars(objects, group)) {
      output.findings.push_back(
          {.sample = input_.samples[s].key,
           .error = "failure_cluster",
           .score = std::clamp(1 - group.rate_outside / group.counts.rate(), 0.0, 1.0),
           .evidence = evidence.dump()});
    }
  }

  const CheckInput& input_;
  std::vector<std::uint32_t> scene_;    // of each sample
  std::vector<std::size_t> sample_of_;  // of each row of the embeddings
  std::vector<SampleCondition> conditions_;
};

}  // namespace

void find_failure_clusters(const CheckInput& input, double level, CheckOutput& output) {
  const Clusters clusters(input);
  for (const auto& counts : input.failures) {
    clusters.find(counts, level / static_cast<double>(input.failures.size()), output);
  }
}

}  // namespace spotter::checks
