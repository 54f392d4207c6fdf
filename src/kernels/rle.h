// Masks as run lengths down the columns (the first run counts zeros), as COCO stores them: from
// polygons and from the compressed text, their area, box, union and overlap. Bit-equal to the
// reference's mask interface.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace spotter::kernels {

struct Rle {
  std::uint32_t height = 0;
  std::uint32_t width = 0;
  std::vector<std::uint32_t> runs;  // alternating zeros, ones; they sum to height × width

  [[nodiscard]] std::uint64_t area() const;
  // x, y, width, height of the smallest box around the ones; zeros for an empty mask.
  [[nodiscard]] std::array<double, 4> box() const;
};

// Polygon x1 y1 x2 y2 …, pixels. Edges are drawn on a grid five times finer, as the reference does.
[[nodiscard]] Rle rle_from_polygon(std::span<const double> points, std::uint32_t height,
                                   std::uint32_t width);

// The compressed text of COCO results: 5 bits a character, differences to the run before last.
// Throws kInvalid when the text is cut off or the runs do not fill the mask.
[[nodiscard]] Rle rle_from_text(std::string_view text, std::uint32_t height, std::uint32_t width);

// Throws kInvalid when the runs do not sum to height × width.
void check_runs(const Rle& mask);

[[nodiscard]] Rle rle_union(std::span<const Rle> masks);

// Pixels in both; the masks have the same size.
[[nodiscard]] std::uint64_t rle_intersection(const Rle& a, const Rle& b);

}  // namespace spotter::kernels
