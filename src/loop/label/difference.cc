#include "loop/label/difference.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include <fmt/format.h>

namespace spotter::label {
namespace {

constexpr double kOverlapMin = 0.5;
constexpr double kRoundingPx = 0.1;

struct Pair {
  bool same_class = false;
  double overlap = 0;
  std::size_t current = 0;
  std::size_t returned = 0;
};

std::vector<Pair> pairs_by_likeness(const std::vector<Label>& current,
                                    const std::vector<Label>& returned) {
  std::vector<Pair> pairs;
  for (std::size_t c = 0; c < current.size(); ++c) {
    for (std::size_t r = 0; r < returned.size(); ++r) {
      const double overlap = iou(current[c].box, returned[r].box);
      if (overlap >= kOverlapMin) {
        pairs.push_back({current[c].class_name == returned[r].class_name, overlap, c, r});
      }
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) {
    return std::tuple(a.same_class, a.overlap) > std::tuple(b.same_class, b.overlap);
  });
  return pairs;
}

bool same_box(const Box& a, const Box& b) {
  const auto near = [](double x, double y) { return std::abs(x - y) < kRoundingPx; };
  return near(a.x1, b.x1) && near(a.y1, b.y1) && near(a.x2, b.x2) && near(a.y2, b.y2);
}

std::string next_free(std::set<std::string>& taken) {
  for (std::size_t number = taken.size();; ++number) {
    if (auto name = fmt::format("{}", number); taken.insert(name).second) {
      return name;
    }
  }
}

}  // namespace

Difference compare(const std::vector<Label>& current, const std::vector<Label>& returned) {
  Difference difference;
  std::vector<bool> current_paired(current.size(), false);
  std::vector<bool> returned_paired(returned.size(), false);
  difference.merged = returned;
  std::set<std::string> taken;
  for (const auto& pair : pairs_by_likeness(current, returned)) {
    if (current_paired[pair.current] || returned_paired[pair.returned]) {
      continue;
    }
    current_paired[pair.current] = returned_paired[pair.returned] = true;
    const Label& before = current[pair.current];
    Label& after = difference.merged[pair.returned];
    after.object = before.object;
    after.track = after.track.empty() ? before.track : after.track;
    after.attributes = after.attributes.empty() ? before.attributes : after.attributes;
    taken.insert(after.object);
    if (!pair.same_class) {
      difference.renamed.push_back(after.object);
    } else if (!same_box(before.box, after.box)) {
      difference.moved.push_back(after.object);
    } else {
      after.box = before.box;
    }
  }
  for (std::size_t c = 0; c < current.size(); ++c) {
    if (!current_paired[c]) {
      difference.removed.push_back(current[c].object);
      taken.insert(current[c].object);  // A new object must not get the name of one that is gone.
    }
  }
  for (std::size_t r = 0; r < returned.size(); ++r) {
    if (!returned_paired[r]) {
      difference.merged[r].object = next_free(taken);
      difference.added.push_back(difference.merged[r].object);
    }
  }
  return difference;
}

}  // namespace spotter::label
