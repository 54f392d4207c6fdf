// Training parameters that the configuration leaves open, chosen from the data.
#pragma once
#include <vector>

#include "nn/data.h"
#include "nn/params.h"

namespace spotter::nn {

// Fills input_width and input_height where they are 0: the shape of the median picture, its longest
// side so long that a typical object of the smallest class gets 16 pixels, within 320 and 512 and
// never longer than the pictures.
void choose_input(TrainParams& params, const std::vector<Item>& items);

// Fills `steps` where it is 0: 15 times each picture, at least 800 and at most 4,000 steps of 8
// pictures or their equal.
void choose_steps(TrainParams& params, std::size_t pictures);

// The typical side of an object, input pixels: the median root of the areas. Throws kInvalid when
// there is no object to learn from.
[[nodiscard]] double typical_side_px(const Data& data);

}  // namespace spotter::nn
