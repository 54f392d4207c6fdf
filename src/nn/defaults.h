// Training parameters that the configuration leaves open, chosen from the data.
#pragma once
#include <vector>

#include "nn/data.h"
#include "nn/params.h"

namespace spotter::nn {

// The longest side of the input, pixels: at least and at most.
struct InputSides {
  double low = 320;
  double high = 512;
};

// Fills input_width and input_height where they are 0: the shape of the median picture, its longest
// side so long that a typical object of the smallest class gets 16 pixels, within `sides` and never
// longer than the pictures.
void choose_input(TrainParams& params, const std::vector<Item>& items, const InputSides& sides);

// Fills `batch` where it is 0 with the task's, and `steps` where it is 0: 120 times each sample, at
// least 6,400 and at most 32,000 samples in all.
void choose_steps(TrainParams& params, std::size_t samples, int batch);

// The typical side of an object, input pixels: the median root of the areas. Throws kInvalid when
// there is no object to learn from.
[[nodiscard]] double typical_side_px(const Data& data);

}  // namespace spotter::nn
