// What the files of media/ share: one reader a container, and the size limit. Private to this
// folder.
#pragma once
#include <string_view>

#include "media/image.h"

namespace spotter::media {

enum class Kind { kJpeg, kPng, kWebp, kUnknown };

// The container by its first bytes; names and extensions are not asked.
[[nodiscard]] Kind kind_of(std::string_view bytes);

// As stored, before the EXIF orientation.
struct StoredSize {
  int width = 0;
  int height = 0;
};

// Each throws kInvalid for broken bytes. `decode_*` do not turn; `side_px` > 0 lets JPEG decode at
// the smallest DCT scale whose longest side is still at least that.
[[nodiscard]] StoredSize jpeg_size(std::string_view bytes, std::string_view origin);
[[nodiscard]] StoredSize png_size(std::string_view bytes, std::string_view origin);
[[nodiscard]] StoredSize webp_size(std::string_view bytes, std::string_view origin);
[[nodiscard]] Image decode_jpeg(std::string_view bytes, int side_px, std::string_view origin);
[[nodiscard]] Image decode_png(std::string_view bytes, std::string_view origin);
[[nodiscard]] Image decode_webp(std::string_view bytes, std::string_view origin);

// Lays RGBA over white.
[[nodiscard]] Image over_white(int width, int height, const std::vector<std::uint8_t>& rgba);

struct Exif {
  int orientation = 1;
  std::string captured_at;
};
// Never throws: broken EXIF is common and is treated as absent.
[[nodiscard]] Exif read_exif(std::string_view bytes, Kind kind);

// Turns a stored picture upright (EXIF 2.32, tag 0x0112).
[[nodiscard]] Image upright(Image image, int orientation);

}  // namespace spotter::media
