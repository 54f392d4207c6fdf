// A sample: one image (later: point cloud, track window) with the facts known about it.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace spotter {

struct Sample {
  std::string key;         // unique in the project: given, or the content hash
  std::string media;       // content hash of the bytes in the blob store
  std::string media_type;  // "image/jpeg", "image/png"
  std::string file_name;   // as it was called outside; a lookup key, never a path to open
  int width = 0;           // upright pixels, EXIF orientation applied
  int height = 0;
  std::string sequence;    // the scene or recording that it belongs to; empty = its own
  std::int64_t frame = 0;  // position in the sequence, from 0
  TimeMs captured_at = 0;  // 0 = unknown
  std::string source;      // robot, site or import that it came from
  std::string attributes;  // JSON object of scalars: {"weather": "rain", "night": false, "week": 4}

  // What statistics resample: frames of one scene are not independent.
  [[nodiscard]] const std::string& scene() const { return sequence.empty() ? key : sequence; }
};

}  // namespace spotter
