// How a training step looks at a picture: turned, zoomed, moved and brightened at random. A view
// draws the picture into the network's input and carries its boxes along.
#pragma once
#include "base/random.h"
#include "nn/data.h"
#include "nn/params.h"

namespace spotter::nn {

// output − to = turn · (source − from), all in input pixels.
struct View {
  int width = 0;  // of what is drawn, pixels
  int height = 0;
  std::array<double, 4> turn{1, 0, 0, 1};  // row-major: mirror, rotation and zoom
  std::array<double, 2> from{};
  std::array<double, 2> to{};
  float gain = 1;
  float offset = 0;  // standard units
};

// The whole input, the picture as it is.
[[nodiscard]] View plain_view(const Data& data);

// Mirrored, rotated, zoomed, with another brightness and contrast, in a window of the training
// size. A picture smaller than the window lies anywhere in it; of a larger one the window shows a
// part, most often one with an object.
[[nodiscard]] View random_view(const Data& data, const Item& item, const TrainParams& params,
                               Rng& rng);

// Draws the picture, bilinear, into `out`: view.height × view.width × 3 floats of zero mean and
// about unit deviation; 0 beside the picture.
void render(const Data& data, std::size_t item, const View& view, float* out);

// Where a box of the picture lies in the view. Under rotation it is the box around the turned
// ellipse that fills it (Kalra et al., ICCV 2021): exact for round things, and without the growth
// that turning corners brings.
[[nodiscard]] Box seen(const Box& box, const View& view);

}  // namespace spotter::nn
