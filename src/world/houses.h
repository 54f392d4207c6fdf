// House fronts along both sides of the street: which house a ray meets and how its wall looks.
#pragma once
#include <optional>

#include "world/camera.h"
#include "world/light.h"
#include "world/scene.h"

namespace spotter::world {

// Where the ray of a picture column meets a wall.
struct Wall {
  double ahead = 0;      // metres
  double across = 0;     // metres along the wall from its left end, seen from the street
  double width = 0;      // of the wall
  double footprint = 0;  // of a pixel along the wall
  double height = 0;     // to the eaves
  double roof = 0;       // above the eaves; 0 = flat
  bool gable = false;    // an end wall
  int side = 1;          // of the street
  std::int64_t house = 0;
  Place place;  // at the ground
};

[[nodiscard]] std::optional<Wall> find_wall(const Street& street, const Camera& camera,
                                            double column_px);

// The wall's colour `up` metres above the ground, lit; `footprint` is a pixel's height there. The
// second value is how much of the pixel the wall covers.
struct WallColour {
  Rgb colour;
  float cover = 1;
};
[[nodiscard]] WallColour wall_colour(const Street& street, const Wall& wall, const Lighting& light,
                                     double up, double footprint);

}  // namespace spotter::world
