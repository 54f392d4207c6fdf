#include "world/outline.h"

#include <limits>

namespace spotter::world {

Box outline(const Actor& actor, const Place& foot, const Camera& camera) {
  // Figures that are drawn as boards have no length.
  const bool solid = class_of(actor.kind) == "vehicle";
  const double s = solid ? sine(actor.heading) : 0;
  const double c = solid ? cosine(actor.heading) : 1;
  Box box{.x1 = std::numeric_limits<double>::max(),
          .y1 = std::numeric_limits<double>::max(),
          .x2 = std::numeric_limits<double>::lowest(),
          .y2 = std::numeric_limits<double>::lowest()};
  const bool lying = actor.fallen;
  const double half = lying ? actor.size.height / 2 : actor.size.width / 2;
  const double height = lying ? actor.size.width : actor.size.height;
  for (const double side : {-half, half}) {
    for (const double front : {-actor.size.length / 2, actor.size.length / 2}) {
      for (const double up : {0.0, height}) {
        const double along = solid ? front : 0;
        Place p{foot.right + side * c + along * s, up, foot.along - side * s + along * c};
        p.along = std::max(p.along, camera.ego_along + Camera::kNear_m);
        const Vertex v = camera.project(p);
        box = {std::min(box.x1, v.x / 2), std::min(box.y1, v.y / 2), std::max(box.x2, v.x / 2),
               std::max(box.y2, v.y / 2)};
      }
    }
  }
  return box;
}

}  // namespace spotter::world
