// Findings of all channels that point at one thing: one object of a picture, one picture, or the
// same physical object through a scene. Pure; queue.cc ranks the items.
#pragma once
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "domain/finding.h"

namespace spotter::triage {

// What is known of where findings are.
struct Places {
  std::map<std::string, std::string> scenes;  // of each sample that is in a sequence
  std::map<std::pair<std::string, std::string>, std::string> tracks;  // (sample, label) → track
  std::map<std::pair<std::string, std::string>, Box> boxes;           // (sample, label) → its box
};

// Positions of the findings of each item, by falling score within it; items in order of their first
// finding. Two findings are one item when, in one sample, they name the same object or their boxes
// overlap by half (or both are about the whole sample), or, in one scene, they are the same kind of
// error on the same track or on whole samples. Costs findings² within a sample.
[[nodiscard]] std::vector<std::vector<std::size_t>> merge_findings(
    std::span<const Finding> findings, const Places& places);

// The finding's box, else that of its label; empty = the whole sample.
[[nodiscard]] Box place_of(const Finding& finding, const Places& places);

}  // namespace spotter::triage
