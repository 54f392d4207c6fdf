// Tags of pictures (weather, scene) as Scalabel has them: frames with a name and attributes.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/rejects.h"

namespace spotter::formats {

// One tag over all pictures of the ground truth that have it.
struct TagColumn {
  std::string name;
  std::vector<std::string> values;      // in the order of their names
  std::vector<std::int32_t> truth;      // position of the value, one a picture
  std::vector<std::int32_t> predicted;  // -1 = nothing was said
};

// Reads both files: lists of frames, or objects with a list "frames"; pictures belong together by
// "name" (and "videoName"). `tags`: which; empty = all of the ground truth. Frames without a name,
// twice, or unknown to the ground truth are rejected. Throws kNotFound for a tag that no picture
// has, kInvalid for broken JSON.
[[nodiscard]] std::vector<TagColumn> read_scalabel_tags(const std::filesystem::path& truth,
                                                        const std::filesystem::path& predictions,
                                                        const std::vector<std::string>& tags,
                                                        Rejects& rejects);

}  // namespace spotter::formats
