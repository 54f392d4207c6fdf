// The lidar's clusters: real surfaces with drop-outs by distance and rain, jitter, and ghosts.
#pragma once
#include <vector>

#include "world/camera.h"
#include "world/scene.h"
#include "world/world.h"

namespace spotter::world {

// What stands in front of the sensor: an actor, where it is now, and the share of it that nothing
// covers.
struct Solid {
  const Actor* actor = nullptr;
  Place foot;
  double uncovered = 0;
};

[[nodiscard]] std::vector<Cluster> scan(const Scene& scene, const Camera& camera,
                                        const Options& options, const std::vector<Solid>& solids,
                                        Rng rng);

}  // namespace spotter::world
