#include "loop/triage/queue_items.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

namespace spotter::triage {
namespace {

constexpr double kSameOverlap = 0.5;

// Disjoint sets; the smallest member stands for its set.
class Sets {
 public:
  explicit Sets(std::size_t count) : parent_(count) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }
  std::size_t find(std::size_t i) {
    while (parent_[i] != i) {
      parent_[i] = parent_[parent_[i]];
      i = parent_[i];
    }
    return i;
  }
  void join(std::size_t a, std::size_t b) {
    const auto [low, high] = std::minmax({find(a), find(b)});
    parent_[high] = low;
  }

 private:
  std::vector<std::size_t> parent_;
};

bool same_object(const Finding& a, const Box& at, const Finding& b, const Box& bt) {
  if (a.object.empty() && b.object.empty() && !at.valid() && !bt.valid()) {
    return true;
  }
  const double overlap = iou(at, bt);
  // Identifiers of different layers may be the same by chance: then the places differ.
  const bool named = !a.object.empty() && a.object == b.object;
  return overlap >= kSameOverlap || (named && (overlap > 0 || !at.valid() || !bt.valid()));
}

// What makes findings of different samples one item; empty = nothing does.
std::string scene_key(const Finding& finding, const Places& places) {
  const auto scene = places.scenes.find(finding.sample);
  if (scene == places.scenes.end()) {
    return "";
  }
  if (finding.object.empty() && !finding.box.valid()) {
    return fmt::format("{}\n\n{}\n{}", scene->second, finding.check, finding.error);
  }
  const auto track = places.tracks.find({finding.sample, finding.object});
  return track == places.tracks.end()
             ? ""
             : fmt::format("{}\n{}\n{}", scene->second, track->second, finding.error);
}

}  // namespace

Box place_of(const Finding& finding, const Places& places) {
  const auto label = places.boxes.find({finding.sample, finding.object});
  return finding.box.valid() || label == places.boxes.end() ? finding.box : label->second;
}

std::vector<std::vector<std::size_t>> merge_findings(std::span<const Finding> findings,
                                                     const Places& places) {
  Sets sets(findings.size());
  std::map<std::string_view, std::vector<std::size_t>> by_sample;
  std::map<std::string, std::size_t> by_scene;
  std::vector<Box> boxes;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    boxes.push_back(place_of(findings[i], places));
    by_sample[findings[i].sample].push_back(i);
    if (const auto key = scene_key(findings[i], places); !key.empty()) {
      sets.join(by_scene.try_emplace(key, i).first->second, i);
    }
  }
  for (const auto& [sample, members] : by_sample) {
    for (std::size_t a = 0; a < members.size(); ++a) {
      for (std::size_t b = a + 1; b < members.size(); ++b) {
        const auto i = members[a];
        const auto j = members[b];
        if (same_object(findings[i], boxes[i], findings[j], boxes[j])) {
          sets.join(i, j);
        }
      }
    }
  }
  std::map<std::size_t, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    groups[sets.find(i)].push_back(i);
  }
  std::vector<std::vector<std::size_t>> items;
  for (auto& [first, members] : groups) {
    std::stable_sort(members.begin(), members.end(), [&](std::size_t a, std::size_t b) {
      return findings[a].score > findings[b].score;
    });
    items.push_back(std::move(members));
  }
  return items;
}

}  // namespace spotter::triage
