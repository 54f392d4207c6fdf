// What is behind the figures: sky, skyline, house fronts and the ground, one ray a pixel with
// analytic smoothing, so that no edge or window needs more samples.
#pragma once
#include <vector>

#include "world/camera.h"
#include "world/light.h"
#include "world/scene.h"

namespace spotter::world {

// Fills `out` (width x height) with linear picture values 0..1.
void draw_backdrop(const Scene& scene, const Camera& camera, const Lighting& light,
                   const Options& options, std::vector<Rgb>& out);

}  // namespace spotter::world
