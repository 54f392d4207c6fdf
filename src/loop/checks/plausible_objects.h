// Which of another sensor's clusters are objects that the model should have detected. Most clusters
// of a lidar that no detection explains are not: drums, bushes and bins, and objects that are too
// small or too hidden to be labelled.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "loop/checks/check.h"

namespace spotter::checks {

// What is known of a cluster. Its attributes may say height_m, width_m, distance_m
// and points.
struct ClusterLook {
  static constexpr std::size_t kCount = 7;
  // log2 of height in pixels, of height in metres, and of width to height; the share that is hidden
  // behind nearer clusters; 1 if the picture's edge cuts it off; log2 of its points an m² seen from
  // 1 m (of something behind a bush, few come through); the score of the best prediction at its
  // place.
  std::array<float, kCount> values{};
};

// Looks of all clusters of a sample, with the predictions there; null = none are known. Hidden
// shares come from the clusters' attribute distance_m. Costs clusters².
[[nodiscard]] std::vector<ClusterLook> looks_of(const Sample& sample, const LabelSet& clusters,
                                                const PredictionSet* predictions);

// The score of the best prediction at a cluster's place, whatever its class: one that holds its
// centre, with IoU 0.2, or, of narrow things, of about its size and at most three quarters of a
// width beside it.
[[nodiscard]] double support_of(const Box& cluster, const PredictionSet* predictions);

struct PlausibleOptions {
  double detected = 0.3;   // a prediction counts from this score on
  double neighbours = 40;  // so many clusters that look alike are asked
  double strength = 5;     // their word is shrunk to the share of all as if by so many more
};

// Learned from the undetected clusters of samples that people have labelled: of those that look
// most alike, how many were labelled objects; one that is labelled to be ignored counts as none.
// Undetected ones only, because what the model detects is mostly an object and says nothing of what
// it leaves.
class PlausibleObjects {
 public:
  PlausibleObjects(const CheckInput& input, const PlausibleOptions& options);

  struct Guess {
    double plausibility = 1;  // that it is an object that should be detected
    std::string class_name;   // when most such objects are of one class
  };
  // One a look. With fewer than 50 clusters to learn from, 1 − the best score there, of no class.
  [[nodiscard]] std::vector<Guess> guess(std::span<const ClusterLook> looks) const;

 private:
  void learn(const Sample& sample, const LabelSet& clusters, const LabelSet& labels,
             const PredictionSet* predictions, double detected);
  void scale();
  [[nodiscard]] Guess among(std::span<const std::uint32_t> alike) const;

  PlausibleOptions options_;
  std::vector<float> looks_;          // clusters × ClusterLook::kCount, scaled
  std::vector<std::string> classes_;  // of each cluster; empty = no object
  std::array<float, ClusterLook::kCount> scale_{};
  double usual_ = 0;  // share of objects among all
};

}  // namespace spotter::checks
