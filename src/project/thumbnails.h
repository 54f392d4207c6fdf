// Small pictures for screens and reports, made once a picture and kept in .spotter/thumbnails. They
// can be removed at any time: whoever asks makes them again.
#pragma once
#include <string>
#include <string_view>

#include "project/project.h"

namespace spotter {

inline constexpr int kThumbnailSidePx = 320;

// The JPEG of a stored picture, by the hash of its blob: from the cache, else made and kept. Thread
// safe. Throws kNotFound, kInvalid when the blob is no picture.
[[nodiscard]] std::string thumbnail(Project& project, std::string_view media);

// The two halves, for ingest: decoding (throws kInvalid for broken pictures) and keeping.
[[nodiscard]] std::string make_thumbnail(std::string_view picture, std::string_view origin);
void store_thumbnail(const Project& project, std::string_view media, std::string_view jpeg);

}  // namespace spotter
