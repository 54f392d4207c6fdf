// A path on the ground: x, y in metres at equal time steps.
#pragma once
#include <array>
#include <vector>

namespace spotter {

using Point = std::array<double, 2>;
using PointPath = std::vector<Point>;

}  // namespace spotter
