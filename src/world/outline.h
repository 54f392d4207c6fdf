// The box that an actor would fill in an endless picture, from its size in metres. The truth takes
// from it how much of an object is inside the picture; the lidar takes its clusters' boxes from it.
#pragma once
#include "world/camera.h"
#include "world/scene.h"

namespace spotter::world {

// Pixels, not clipped. Parts nearer than the lens count as being at the lens.
[[nodiscard]] Box outline(const Actor& actor, const Place& foot, const Camera& camera);

}  // namespace spotter::world
