#include "nn/view.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace spotter::nn {
namespace {

constexpr float kMean = 127.5F;
constexpr float kDeviation = 63.75F;

constexpr double kObjectShare = 0.8;   // of windows that are laid on an object
constexpr double kWindowMargin = 0.2;  // where in the window its centre may fall

bool is_plain(const Data& data, const View& view) {
  return view.turn == std::array<double, 4>{1, 0, 0, 1} && view.from == view.to &&
         view.width == data.width && view.height == data.height;
}

struct Shade {
  float gain;
  float shift;
};

void copy_plain(const Data& data, const Item& item, const std::uint8_t* pixels, Shade shade,
                float* out) {
  const auto row = std::size_t{3} * static_cast<std::size_t>(data.width);
  const auto shown = std::size_t{3} * static_cast<std::size_t>(item.shown_width);
  std::fill_n(out, data.item_bytes(), 0.0F);
  for (int y = 0; y < item.shown_height; ++y) {
    for (std::size_t i = 0; i < shown; ++i) {
      out[i] = static_cast<float>(pixels[i]) * shade.gain + shade.shift;
    }
    pixels += row;
    out += row;
  }
}

// The value between four pixels, for the three colours.
void sample(const std::uint8_t* pixels, std::size_t row, const Item& item, double x, double y,
            Shade shade, float* out) {
  const double left = std::floor(x - 0.5);
  const double top = std::floor(y - 0.5);
  const auto share_x = static_cast<float>(x - 0.5 - left);
  const auto share_y = static_cast<float>(y - 0.5 - top);
  const int x0 = std::max(static_cast<int>(left), 0);
  const int y0 = std::max(static_cast<int>(top), 0);
  const int x1 = std::min(static_cast<int>(left) + 1, item.shown_width - 1);
  const int y1 = std::min(static_cast<int>(top) + 1, item.shown_height - 1);
  const auto* a = pixels + static_cast<std::size_t>(y0) * row;
  const auto* b = pixels + static_cast<std::size_t>(y1) * row;
  const auto p = std::size_t{3} * static_cast<std::size_t>(x0);
  const auto q = std::size_t{3} * static_cast<std::size_t>(x1);
  for (std::size_t c = 0; c < 3; ++c) {
    const auto a0 = static_cast<float>(a[p + c]);
    const auto b0 = static_cast<float>(b[p + c]);
    const float upper = a0 + (static_cast<float>(a[q + c]) - a0) * share_x;
    const float lower = b0 + (static_cast<float>(b[q + c]) - b0) * share_x;
    out[c] = (upper + (lower - upper) * share_y) * shade.gain + shade.shift;
  }
}

// Sets where the picture's middle goes, on each axis: anywhere inside the window, or, when the
// picture is larger than that, so that the window lies inside the picture.
void place(View& view, const Item& item, Rng& rng) {
  const auto& [a, b, c, d] = view.turn;
  const std::array<double, 2> extent = {
      std::abs(a) * item.shown_width + std::abs(b) * item.shown_height,
      std::abs(c) * item.shown_width + std::abs(d) * item.shown_height};
  const std::array<double, 2> window = {static_cast<double>(view.width),
                                        static_cast<double>(view.height)};
  const bool on_object = !item.objects.empty() && rng.chance(kObjectShare);
  const auto& object = on_object ? item.objects[rng.index(item.objects.size())].box : Box{};
  const Box there = seen(object, view);  // relative to the picture's middle, as `to` is still 0
  const std::array<double, 2> centre = {(there.x1 + there.x2) / 2, (there.y1 + there.y2) / 2};
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const double low = std::min(extent[axis] / 2, window[axis] - extent[axis] / 2);
    const double high = std::max(extent[axis] / 2, window[axis] - extent[axis] / 2);
    const double share = rng.uniform();
    if (on_object && extent[axis] > window[axis]) {
      const double target = window[axis] * (kWindowMargin + share * (1 - 2 * kWindowMargin));
      view.to[axis] = std::clamp(target - centre[axis], low, high);
    } else {
      view.to[axis] = low + share * (high - low);
    }
  }
}

}  // namespace

View plain_view(const Data& data) {
  return {.width = data.width, .height = data.height};
}

View random_view(const Data& data, const Item& item, const TrainParams& p, Rng& rng) {
  View view{.width = p.window_width > 0 ? p.window_width : data.width,
            .height = p.window_height > 0 ? p.window_height : data.height};
  const double mirror_x = p.flip_x && rng.chance(0.5) ? -1 : 1;
  const double mirror_y = p.flip_y && rng.chance(0.5) ? -1 : 1;
  const double zoom = std::exp(rng.uniform(std::log(p.scale_min), std::log(p.scale_max)));
  const double angle = rng.uniform(-p.rotate, p.rotate) * std::numbers::pi / 180;
  const double c = zoom * std::cos(angle);
  const double s = zoom * std::sin(angle);
  view.turn = {c * mirror_x, -s * mirror_y, s * mirror_x, c * mirror_y};
  view.from = {item.shown_width / 2.0, item.shown_height / 2.0};
  place(view, item, rng);
  view.gain = static_cast<float>(rng.uniform(p.gain_min, p.gain_max));
  view.offset = static_cast<float>(rng.uniform(-p.offset, p.offset));
  return view;
}

void render(const Data& data, std::size_t index, const View& view, float* out) {
  const auto* pixels = data.picture(index);
  const auto& item = data.items[index];
  const Shade shade{view.gain / kDeviation, view.offset - view.gain * kMean / kDeviation};
  if (is_plain(data, view)) {
    copy_plain(data, item, pixels, shade, out);
    return;
  }
  const auto& [a, b, c, d] = view.turn;
  const double determinant = a * d - b * c;
  const std::array<double, 4> back = {d / determinant, -b / determinant, -c / determinant,
                                      a / determinant};
  const auto row = std::size_t{3} * static_cast<std::size_t>(data.width);
  for (int v = 0; v < view.height; ++v) {
    const double dy = v + 0.5 - view.to[1];
    for (int u = 0; u < view.width; ++u, out += 3) {
      const double dx = u + 0.5 - view.to[0];
      const double x = view.from[0] + back[0] * dx + back[1] * dy;
      const double y = view.from[1] + back[2] * dx + back[3] * dy;
      if (x < 0 || y < 0 || x > item.shown_width || y > item.shown_height) {
        out[0] = out[1] = out[2] = 0;
      } else {
        sample(pixels, row, item, x, y, shade, out);
      }
    }
  }
}

Box seen(const Box& box, const View& view) {
  const auto& [a, b, c, d] = view.turn;
  const double dx = (box.x1 + box.x2) / 2 - view.from[0];
  const double dy = (box.y1 + box.y2) / 2 - view.from[1];
  const double x = view.to[0] + a * dx + b * dy;
  const double y = view.to[1] + c * dx + d * dy;
  const double half_width = std::hypot(a * box.width(), b * box.height()) / 2;
  const double half_height = std::hypot(c * box.width(), d * box.height()) / 2;
  return {x - half_width, y - half_height, x + half_width, y + half_height};
}

}  // namespace spotter::nn
