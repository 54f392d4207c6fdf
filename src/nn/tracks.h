// Tracks of a manifest, in memory, each turned into its own frame: the last point seen at the
// origin, movement along x, so that the network need not learn every direction.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/rejects.h"
#include "domain/track.h"

namespace spotter::nn {

struct TrackItem {
  std::string key;
  double weight = 1;
  Track track;
  PointPath future;  // empty = not known
};

// A turn and a shift on the ground.
struct GroundFrame {
  Point origin{};
  double cosine = 1;  // of the direction of movement
  double sine = 0;

  [[nodiscard]] Point into(const Point& point) const;
  [[nodiscard]] Point out_of(const Point& point) const;
};
// The frame of what was observed; an agent that stands keeps the ground's directions.
[[nodiscard]] GroundFrame frame_of(const PointPath& observed);

// Calls `take` with each line's track, and `refuse` with what cannot be read. Throws kNotFound for
// a manifest that is not there.
void each_track(const std::filesystem::path& manifest, const std::function<void(TrackItem)>& take,
                const std::function<void(const std::string& key, const std::string& why)>& refuse);

}  // namespace spotter::nn
