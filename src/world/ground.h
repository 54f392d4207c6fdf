// The ground: asphalt with wear, lane marks, crossings, kerbs, pavement and verge.
#pragma once
#include "world/light.h"
#include "world/scene.h"

namespace spotter::world {

// A pixel of the ground: where it is and how much of it one pixel covers, in metres.
struct GroundPoint {
  double right = 0;
  double along = 0;
  double width = 0;   // footprint across the road
  double length = 0;  // and along it
};

// The colour of the ground itself, without light.
[[nodiscard]] Rgb ground_albedo(const Street& street, const GroundPoint& p, double wet);

// 0..1: how much of a puddle is here.
[[nodiscard]] float puddle(const Street& street, const GroundPoint& p);

}  // namespace spotter::world
