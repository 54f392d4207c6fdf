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

struct DetectOptions {
  InferParams params;
  std::uint64_t seed = 1;  // of the dropout masks, together with the picture's key
};

// Runs the network on all pictures. Peaks of 3 × 3 cells above score_min, same-class suppression at
// nms_iou, at most detections_max a picture. With mc_passes, the heads run again at the peaks under
// as many dropout masks (Gal and Ghahramani 2016): epistemic is the standard deviation of each box
// side over them, mutual_information the entropy of the mean class probability less the mean
// entropy, in nats. What is said about a picture does not depend on the others.
[[nodiscard]] std::vector<Seen> detect(Model& model, const Data& data,
                                       const DetectOptions& options);

}  // namespace spotter::nn
