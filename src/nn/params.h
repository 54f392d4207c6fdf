// What config.json of the trainer contract may say to spotter-nn, with the defaults that are chosen
// from the data. See docs/internals/trainer.md and network.md.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"

namespace spotter::nn {

struct TrainParams {
  int input_width = 0;  // pixels, multiples of 16; 0 = chosen, see nn/defaults.h
  int input_height = 0;
  int window_width = 0;  // pixels of a training window, multiples of 16; 0 = the whole input
  int window_height = 0;
  int steps = 0;  // 0 = chosen, see nn/defaults.h
  int batch = 0;  // 0 = the task's: 8 pictures with boxes, 32 to classify, 64 tracks
  double learning_rate = 3e-3;
  double weight_decay = 1e-3;
  bool flip_x = true;
  bool flip_y = false;
  double scale_min = 0.8;  // isotropic zoom with a random window; 1 and 1 = none
  double scale_max = 1.3;
  double rotate = 0;       // degrees, both ways
  double gain_min = 0.75;  // brightness
  double gain_max = 1.3;
  double offset = 0.25;     // in standard units, both ways
  double class_weight = 0;  // of cross entropy over the classes, for classes that look alike
  double dropout = 0.15;    // on the neck, in training and in Monte-Carlo passes
  double ema = 0.998;       // decay of the averaged weights; 0 = none
  int width = 24;           // channels of the first stage; the others grow with it
  int stem_stride = 4;      // 4: predictions every 8 pixels; 2: every 4
  int observed = 0;         // of tracks: positions seen; 0 = as in the data
  int predicted = 0;        // positions to come; 0 = as in the data
  double scale_m = 0;       // typical length of a path to come; 0 = the median in the data
  int modes = 3;            // paths that are proposed
  int checkpoint_seconds = 60;
};

struct InferParams {
  double score_min = 0.02;
  double nms_iou = 0.5;
  int mc_passes = 0;  // Monte-Carlo dropout passes of the heads; 0 = no epistemic figures
  int detections_max = 100;
  int batch = 16;
};

struct Settings {
  std::string task = "detection";
  std::vector<std::string> classes;
  std::uint64_t seed = 1;
  int threads = 1;
  std::string device = "cpu";
  TrainParams train;
  InferParams infer;
};

// Reads config.json and the environment (SPOTTER_SEED, SPOTTER_THREADS, SPOTTER_DEVICE). Throws
// kInvalid for values outside their range and for unknown parameters.
[[nodiscard]] Settings read_settings(const std::filesystem::path& path);

[[nodiscard]] Json to_json(const TrainParams& params);
// From the "params" of a model.json.
[[nodiscard]] TrainParams train_params(const Json& params, const std::string& origin);

}  // namespace spotter::nn
