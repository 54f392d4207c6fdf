// The pictures of a batch of records: hashed, decoded and stored on all cores. Private to this
// step.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "loop/ingest/keys.h"

namespace spotter::ingest {

struct Picture {
  std::string problem;  // why it cannot be a sample; empty = good
  std::string media;    // content hash
  std::string media_type;
  int width = 0;  // upright
  int height = 0;
  int orientation = 1;
  TimeMs captured_at = 0;
};

enum class Keep { kNothing, kBlobs };  // kNothing: a dry run

// In the order of `records`; empty where a record has no picture file. A picture whose bytes the
// project has as a sample's is not decoded again. Throws kUnavailable when the disk is full.
[[nodiscard]] std::vector<Picture> load_pictures(Project& project,
                                                 std::span<const formats::Record> records,
                                                 const KnownSamples& known, Keep keep);

}  // namespace spotter::ingest
