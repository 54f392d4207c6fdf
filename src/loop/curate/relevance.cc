#include "loop/curate/relevance.h"

#include <algorithm>

#include <fmt/format.h>

#include "kernels/slices.h"
#include "loop/curate/select.h"
#include "project/sample_conditions.h"

namespace spotter::curate {
namespace {

constexpr double kInsideBase = 0.4;
constexpr double kLikeMin = 0.6;
constexpr double kLikeOutsideMin = 0.8;

// Likeness of each candidate's picture to the nearest example.
std::vector<double> picture_likeness(const Target& target, std::span<const Sample> candidates,
                                     const KnownVectors& known) {
  std::vector<float> rows(candidates.size() * known.dimensions, 0.0F);
  std::vector<bool> has(candidates.size(), false);
  const kernels::Vectors all{known.values, known.dimensions};
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const auto it = known.row_of.find(candidates[i].key);
    if (it != known.row_of.end()) {
      const auto row = all.row(it->second);
      std::copy(row.begin(), row.end(),
                rows.begin() + static_cast<std::ptrdiff_t>(i * known.dimensions));
      has[i] = true;
    }
  }
  std::vector<float> examples;
  for (const auto& key : target.examples) {
    const auto it = known.row_of.find(key);
    if (it != known.row_of.end()) {
      const auto row = all.row(it->second);
      examples.insert(examples.end(), row.begin(), row.end());
    }
  }
  return similarity_to({rows, known.dimensions}, has, {examples, known.dimensions});
}

struct Evidence {
  bool inside = false;
  bool is_hit = false;
  double hit = 0;
  double picture = 0;
  double object = 0;
};

Relevance judge(const Target& target, const Evidence& e) {
  const double likeness = std::max(e.picture, e.object);
  const double support = std::max(e.hit, likeness);
  Relevance result;
  if (e.inside) {
    result.score = kInsideBase + (1 - kInsideBase) * support;
  } else if (e.is_hit && !target.only_inside) {
    result.score = std::max(e.hit, 0.01);
  } else if (!target.only_inside) {
    const double bar = target.inside.empty() ? kLikeMin : kLikeOutsideMin;
    const double alike =
        std::max(e.object >= kLikeMin ? e.object : 0, e.picture >= bar ? e.picture : 0);
    result.score = alike / 2;
  }
  if (result.score <= 0) {
    return result;
  }
  std::vector<std::string> why;
  if (e.is_hit) {
    why.push_back(fmt::format("{} ({:.2f})", target.hit_words, e.hit));
  }
  if (e.inside) {
    why.push_back(target.words);
  }
  if (e.is_hit) {
    // An example is like itself; nobody needs to be told.
  } else if (e.object >= kLikeMin && e.object >= e.picture) {
    why.push_back(fmt::format("holds an object like an example ({:.2f})", e.object));
  } else if (e.picture >= kLikeMin) {
    why.push_back(fmt::format("looks like an example ({:.2f})", e.picture));
  }
  result.reason = fmt::format("{}: {}", target.title, fmt::join(why, ", "));
  return result;
}

}  // namespace

std::vector<Relevance> relevance_to(const Target& target, std::span<const Sample> candidates,
                                    const KnownVectors& vectors,
                                    std::span<const double> object_likeness) {
  const auto pictures = picture_likeness(target, candidates, vectors);
  std::vector<Relevance> result;
  result.reserve(candidates.size());
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const auto hit = target.hits.find(candidates[i].key);
    const bool is_hit = hit != target.hits.end();
    result.push_back(judge(target, {.inside = !target.inside.empty() && target.inside[i] != 0,
                                    .is_hit = is_hit,
                                    .hit = is_hit ? hit->second : 0,
                                    .picture = pictures[i],
                                    .object = object_likeness.empty() ? 0 : object_likeness[i]}));
  }
  return result;
}

std::vector<Explanation> explain_marks(std::span<const Sample> samples,
                                       const std::vector<std::uint8_t>& marked) {
  kernels::RowSet failing(samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (marked[i] != 0) {
      failing.add(i);
    }
  }
  kernels::SliceOptions options;
  auto conditions = sample_conditions(samples, options.rows_min);
  std::vector<kernels::SlicePredicate> predicates;
  for (auto& condition : conditions) {
    predicates.push_back({condition.column, std::move(condition.rows), condition.complexity});
  }
  std::vector<Explanation> explanations;
  for (const auto& slice :
       kernels::find_slices(predicates, failing, scene_numbers(samples), options)) {
    Explanation explanation;
    explanation.inside.assign(samples.size(), 1);
    for (const auto p : slice.predicates) {
      explanation.where += (explanation.where.empty() ? "" : " AND ") + conditions[p].where;
      for (std::size_t i = 0; i < samples.size(); ++i) {
        if (!predicates[p].rows.has(i)) {
          explanation.inside[i] = 0;
        }
      }
    }
    explanations.push_back(std::move(explanation));
  }
  return explanations;
}

}  // namespace spotter::curate
