// Labels and predictions of objects in a sample.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "domain/geometry.h"

namespace spotter {

// The layer that people's labels are in. Other layers hold what sensors say ("lidar").
inline constexpr const char* kLabelLayer = "labels";

struct Label {
  std::string object;      // unique in the sample and layer: "3", or a track's id
  std::string class_name;  // of the project's schema; in sensor layers any text
  Box box;
  bool crowd = false;      // a region of many objects (COCO iscrowd)
  bool ignore = false;     // neither a miss nor a false alarm (KITTI DontCare, VOC difficult)
  std::string track;       // the same physical object over frames, empty if unknown
  std::string attributes;  // JSON object of scalars, empty = none
};

// All labels of one sample in one layer at one revision. An empty set says "looked at, nothing
// there". Revisions only grow; the greatest is current; none is ever changed or removed.
struct LabelSet {
  std::string sample;
  std::string layer = kLabelLayer;
  std::int64_t revision = 0;  // set by the store: 1 for the first
  std::string author;         // "import:coco", a person, "simulated_team"
  std::string batch;          // labelling batch that it came from, or empty
  TimeMs created_at = 0;
  std::vector<Label> labels;
};

struct Prediction {
  std::string class_name;
  double score = 0;  // in [0, 1]
  Box box;
  std::vector<double> probabilities;  // one a class of the model, may be empty
  std::vector<double> aleatoric;      // standard deviation of x1 y1 x2 y2 in pixels, may be empty
  std::vector<double> epistemic;      // the same, over dropout passes or ensemble members
  double mutual_information = -1;     // nats, -1 = unknown
  std::string track;
  std::int64_t embedding_row = -1;  // row in the model's object embeddings, -1 = none
  std::string attributes;           // JSON object, empty = none
};

// What one model said about one sample; an empty set says "ran, found nothing".
struct PredictionSet {
  std::string sample;
  std::vector<Prediction> predictions;  // by falling score
};

}  // namespace spotter
