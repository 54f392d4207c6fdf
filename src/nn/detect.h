// From the network's maps to detections with their uncertainty.
#pragma once
#include <vector>

#include "domain/annotation.h"
#include "nn/model.h"
#include "nn/params.h"

namespace spotter::nn {

struct Detection {
  Prediction prediction;         // box in input pixels
  std::vector<float> embedding;  // the neck at the peak
};

struct Seen {
  std::vector<Detection> detections;  // by falling score
  std::vector<float> embedding;       // mean and maximum of the deep map
  double loss = -1;                   // against the objects, -1 without them
};

// Runs the network on data[begin, end). Peaks of 3 × 3 cells above score_min, same-class suppression at
// nms_iou, at most detections_max a picture. With mc_passes, the heads run again under as many dropout masks
// (Gal and Ghahramani 2016): epistemic is the standard deviation of each box side over them, mutual_information
// the entropy of the mean class probability less the mean entropy, in nats.
[[nodiscard]] std::vector<Seen> detect(Model& model, const Data& data, std::size_t begin, std::size_t end,
                                       const InferParams& params, std::uint64_t seed);

}  // namespace spotter::nn
