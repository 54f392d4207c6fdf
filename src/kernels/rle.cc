#include "kernels/rle.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/error.h"

namespace spotter::kernels {
namespace {

constexpr double kFiner = 5;

struct Point {
  int x = 0;
  int y = 0;
};

// The points of the fine grid along an edge, from its start to its end.
void trace_edge(Point from, Point to, std::vector<Point>& trace) {
  const int dx = std::abs(to.x - from.x);
  const int dy = std::abs(to.y - from.y);
  const bool wide = dx >= dy;
  const bool flipped = wide ? from.x > to.x : from.y > to.y;
  if (flipped) {
    std::swap(from, to);
  }
  const int steps = wide ? dx : dy;
  const double slope = steps == 0 ? 0
                                  : static_cast<double>(wide ? to.y - from.y : to.x - from.x) /
                                        static_cast<double>(steps);
  for (int d = 0; d <= steps; ++d) {
    const int t = flipped ? steps - d : d;
    if (wide) {
      trace.push_back({from.x + t, static_cast<int>(from.y + slope * t + .5)});
    } else {
      trace.push_back({static_cast<int>(from.x + slope * t + .5), from.y + t});
    }
  }
}

// Where the boundary crosses the columns of the pixel grid, as positions down the columns.
std::vector<std::uint32_t> crossings(const std::vector<Point>& trace, std::uint32_t height,
                                     std::uint32_t width) {
  std::vector<std::uint32_t> places;
  for (std::size_t j = 1; j < trace.size(); ++j) {
    const Point a = trace[j - 1];
    const Point b = trace[j];
    if (a.x == b.x) {
      continue;
    }
    const double x = (static_cast<double>(b.x < a.x ? b.x : b.x - 1) + .5) / kFiner - .5;
    if (std::floor(x) != x || x < 0 || x > static_cast<double>(width) - 1) {
      continue;
    }
    const double y = std::clamp((static_cast<double>(std::min(a.y, b.y)) + .5) / kFiner - .5, 0.0,
                                static_cast<double>(height));
    places.push_back(static_cast<std::uint32_t>(x) * height +
                     static_cast<std::uint32_t>(std::ceil(y)));
  }
  places.push_back(height * width);
  std::sort(places.begin(), places.end());
  return places;
}

// Positions to run lengths; two positions that are the same cancel out.
std::vector<std::uint32_t> runs_of(const std::vector<std::uint32_t>& places) {
  std::vector<std::uint32_t> lengths(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    lengths[i] = places[i] - (i == 0 ? 0 : places[i - 1]);
  }
  std::vector<std::uint32_t> runs = {lengths[0]};
  for (std::size_t i = 1; i < lengths.size(); ++i) {
    if (lengths[i] > 0) {
      runs.push_back(lengths[i]);
    } else if (++i < lengths.size()) {
      runs.back() += lengths[i];
    }
  }
  return runs;
}

// Walks two masks together and gives each stretch to `take(length, in_a, in_b)`.
template <typename Take>
void walk(const Rle& a, const Rle& b, const Take& take) {
  std::size_t i = 0;
  std::size_t j = 0;
  std::uint32_t left_a = a.runs.empty() ? 0 : a.runs[0];
  std::uint32_t left_b = b.runs.empty() ? 0 : b.runs[0];
  while (i < a.runs.size() && j < b.runs.size()) {
    const std::uint32_t step = std::min(left_a, left_b);
    take(step, i % 2 == 1, j % 2 == 1);
    left_a -= step;
    left_b -= step;
    if (left_a == 0 && ++i < a.runs.size()) {
      left_a = a.runs[i];
    }
    if (left_b == 0 && ++j < b.runs.size()) {
      left_b = b.runs[j];
    }
  }
}

Rle joined(const Rle& a, const Rle& b) {
  Rle out{.height = a.height, .width = a.width};
  bool inside = false;
  std::uint32_t length = 0;
  walk(a, b, [&](std::uint32_t step, bool in_a, bool in_b) {
    if ((in_a || in_b) != inside && step > 0) {
      out.runs.push_back(length);
      length = 0;
      inside = !inside;
    }
    length += step;
  });
  out.runs.push_back(length);
  return out;
}

}  // namespace

std::uint64_t Rle::area() const {
  std::uint64_t total = 0;
  for (std::size_t i = 1; i < runs.size(); i += 2) {
    total += runs[i];
  }
  return total;
}

std::array<double, 4> Rle::box() const {
  std::uint32_t x1 = width;
  std::uint32_t y1 = height;
  std::uint32_t x2 = 0;
  std::uint32_t y2 = 0;
  std::uint64_t place = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::uint64_t end = place + runs[i];
    if (i % 2 == 1 && runs[i] > 0) {
      const auto first = static_cast<std::uint32_t>(place / height);
      const auto last = static_cast<std::uint32_t>((end - 1) / height);
      x1 = std::min(x1, first);
      x2 = std::max(x2, last);
      y1 = first == last ? std::min(y1, static_cast<std::uint32_t>(place % height)) : 0;
      y2 =
          first == last ? std::max(y2, static_cast<std::uint32_t>((end - 1) % height)) : height - 1;
    }
    place = end;
  }
  if (x1 > x2) {
    return {};
  }
  return {double(x1), double(y1), double(x2 - x1 + 1), double(y2 - y1 + 1)};
}

Rle rle_from_polygon(std::span<const double> points, std::uint32_t height, std::uint32_t width) {
  std::vector<Point> corners;
  for (std::size_t i = 0; i + 1 < points.size(); i += 2) {
    corners.push_back(
        {static_cast<int>(kFiner * points[i] + .5), static_cast<int>(kFiner * points[i + 1] + .5)});
  }
  std::vector<Point> trace;
  for (std::size_t i = 0; i < corners.size(); ++i) {
    trace_edge(corners[i], corners[(i + 1) % corners.size()], trace);
  }
  return {height, width, runs_of(crossings(trace, height, width))};
}

Rle rle_from_text(std::string_view text, std::uint32_t height, std::uint32_t width) {
  constexpr int kBits = 5;
  constexpr int kMore = 0x20;
  constexpr int kSign = 0x10;
  constexpr int kDigitsMax = 7;
  Rle mask{.height = height, .width = width};
  for (std::size_t p = 0; p < text.size();) {
    std::int64_t value = 0;
    bool more = true;
    for (int digit = 0; more; ++digit) {
      if (p == text.size() || text[p] < 48 || text[p] > 111 || digit > kDigitsMax) {
        fail(ErrorCode::kInvalid, "the mask's run lengths are cut off or hold a wrong character");
      }
      const int c = text[p++] - 48;
      value |= static_cast<std::int64_t>(c & 0x1f) << (kBits * digit);
      more = (c & kMore) != 0;
      if (!more && (c & kSign) != 0) {
        value |= -(std::int64_t{1} << (kBits * (digit + 1)));
      }
    }
    if (mask.runs.size() > 2) {
      value += mask.runs[mask.runs.size() - 2];
    }
    if (value < 0 || value > std::int64_t{height} * width) {
      fail(ErrorCode::kInvalid, "the mask has a run that is longer than the picture");
    }
    mask.runs.push_back(static_cast<std::uint32_t>(value));
  }
  check_runs(mask);
  return mask;
}

void check_runs(const Rle& mask) {
  std::uint64_t sum = 0;
  for (const auto run : mask.runs) {
    sum += run;
  }
  if (sum != std::uint64_t{mask.height} * mask.width) {
    fail(ErrorCode::kInvalid, "the mask's runs do not fill the picture");
  }
}

Rle rle_union(std::span<const Rle> masks) {
  if (masks.empty()) {
    return {};
  }
  Rle out = masks[0];
  for (const auto& mask : masks.subspan(1)) {
    out = joined(out, mask);
  }
  return out;
}

std::uint64_t rle_intersection(const Rle& a, const Rle& b) {
  std::uint64_t common = 0;
  walk(a, b, [&](std::uint32_t step, bool in_a, bool in_b) { common += in_a && in_b ? step : 0; });
  return common;
}

}  // namespace spotter::kernels
