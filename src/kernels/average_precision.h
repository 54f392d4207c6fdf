// Average precision from scored hits and false alarms under weights of scenes: the inner loop of
// the bootstrap.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"

namespace spotter::kernels {

struct ScoredHit {
  double score = 0;
  std::uint32_t scene = 0;
  bool hit = false;
};

// One class in one slice: detections that are not ignored, and the truths of each scene.
struct PrecisionInput {
  std::vector<ScoredHit> detections;  // sort_by_score before use
  std::vector<std::uint32_t> truths;  // counted truths of each scene
};

// By falling score, ties as they are; drops what comes after the last hit, which no score depends
// on.
void sort_by_score(PrecisionInput& input);

// COCO's 101-point average precision at one overlap, each scene counted `weights[scene]` times
// (empty = once). −1 when no truth has weight. Linear in the detections.
[[nodiscard]] double average_precision(const PrecisionInput& input,
                                       std::span<const std::uint32_t> weights = {});

// The mean over the classes where it is defined; −1 when nowhere.
[[nodiscard]] double mean_average_precision(std::span<const PrecisionInput> classes,
                                            std::span<const std::uint32_t> weights = {});

// How often each of `scene_count` scenes is drawn when as many are drawn with replacement.
[[nodiscard]] std::vector<std::uint32_t> draw_scenes(std::size_t scene_count, Rng& rng);

}  // namespace spotter::kernels
