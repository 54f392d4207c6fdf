// Pictures: what is in the bytes, decoding to upright RGB, thumbnails, encoding. Never trusts a
// file name; refuses oversized pictures before decoding them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace spotter::media {

struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;  // height x width x 3, row-major, sRGB
};

struct ImageInfo {
  std::string media_type;  // "image/jpeg", "image/png", "image/webp"
  int width = 0;           // upright: after the EXIF orientation
  int height = 0;
  int orientation = 1;      // EXIF 1..8
  std::string captured_at;  // EXIF DateTimeOriginal as "YYYY-MM-DDTHH:MM:SSZ", or empty
};

// Pictures with more pixels are refused (kInvalid) before decoding.
inline constexpr std::int64_t kPixelsMax = std::int64_t{200} * 1000 * 1000;

// Reads the header only. Throws kInvalid for empty, truncated, unknown or oversized bytes; `origin`
// names them in the message.
[[nodiscard]] ImageInfo probe(std::string_view bytes, std::string_view origin);

// Decodes to upright RGB. CMYK and grey are converted, alpha is laid over white. Truncated data
// throws.
[[nodiscard]] Image decode(std::string_view bytes, std::string_view origin);

// Upright, longest side at most `side_px`, never enlarged. JPEGs are decoded at a reduced DCT
// scale.
[[nodiscard]] Image thumbnail(std::string_view bytes, int side_px, std::string_view origin);

// Area-average (shrinking) or bilinear (enlarging) resize to exactly width x height.
[[nodiscard]] Image resize(const Image& image, int width, int height);

[[nodiscard]] std::string encode_jpeg(const Image& image, int quality);
[[nodiscard]] std::string encode_png(const Image& image);

}  // namespace spotter::media
