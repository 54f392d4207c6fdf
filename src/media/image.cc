#include "media/image.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "media/codecs.h"

namespace spotter::media {
namespace {

StoredSize stored_size(std::string_view bytes, Kind kind, std::string_view origin) {
  switch (kind) {
    case Kind::kJpeg:
      return jpeg_size(bytes, origin);
    case Kind::kPng:
      return png_size(bytes, origin);
    case Kind::kWebp:
      return webp_size(bytes, origin);
    default:
      break;
  }
  if (bytes.empty()) {
    fail(ErrorCode::kInvalid, fmt::format("the picture is empty (0 bytes): {}", origin));
  }
  fail(ErrorCode::kInvalid,
       fmt::format("not a picture that Spotter reads (JPEG, PNG, WebP), by its first bytes: {}",
                   origin));
}

std::string_view media_type_of(Kind kind) {
  return kind == Kind::kJpeg ? "image/jpeg" : kind == Kind::kPng ? "image/png" : "image/webp";
}

Image decode_as_stored(std::string_view bytes, Kind kind, int side_px, std::string_view origin) {
  switch (kind) {
    case Kind::kJpeg:
      return decode_jpeg(bytes, side_px, origin);
    case Kind::kPng:
      return decode_png(bytes, origin);
    default:
      return decode_webp(bytes, origin);
  }
}

}  // namespace

Kind kind_of(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xD8\xFF")) {
    return Kind::kJpeg;
  }
  if (bytes.starts_with("\x89PNG\r\n\x1A\n")) {
    return Kind::kPng;
  }
  if (bytes.starts_with("RIFF") && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP") {
    return Kind::kWebp;
  }
  return Kind::kUnknown;
}

ImageInfo probe(std::string_view bytes, std::string_view origin) {
  const Kind kind = kind_of(bytes);
  const StoredSize size = stored_size(bytes, kind, origin);
  if (std::int64_t{size.width} * size.height > kPixelsMax) {
    fail(ErrorCode::kInvalid,
         fmt::format("the picture has {}x{} pixels, at most {} million are read: {}", size.width,
                     size.height, kPixelsMax / 1'000'000, origin));
  }
  Exif exif = read_exif(bytes, kind);
  const bool turned = exif.orientation >= 5;
  return {.media_type = std::string(media_type_of(kind)),
          .width = turned ? size.height : size.width,
          .height = turned ? size.width : size.height,
          .orientation = exif.orientation,
          .captured_at = std::move(exif.captured_at)};
}

Image decode(std::string_view bytes, std::string_view origin) {
  const ImageInfo info = probe(bytes, origin);
  return upright(decode_as_stored(bytes, kind_of(bytes), 0, origin), info.orientation);
}

Image thumbnail(std::string_view bytes, int side_px, std::string_view origin) {
  require(side_px > 0, "thumbnail needs a side");
  const ImageInfo info = probe(bytes, origin);
  Image image = decode_as_stored(bytes, kind_of(bytes), side_px, origin);
  const int longest = std::max(info.width, info.height);
  if (longest > side_px) {
    const bool turned = info.orientation >= 5;
    const auto scaled = [&](int side) {
      return std::max(1, static_cast<int>(std::lround(double(side) * side_px / longest)));
    };
    image = resize(image, scaled(turned ? info.height : info.width),
                   scaled(turned ? info.width : info.height));
  }
  return upright(std::move(image), info.orientation);
}

Image over_white(int width, int height, const std::vector<std::uint8_t>& rgba) {
  Image image{.width = width, .height = height};
  image.rgb.resize(rgba.size() / 4 * 3);
  for (std::size_t i = 0, o = 0; i < rgba.size(); i += 4, o += 3) {
    const int alpha = rgba[i + 3];
    for (std::size_t c = 0; c < 3; ++c) {
      image.rgb[o + c] =
          static_cast<std::uint8_t>((rgba[i + c] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
  }
  return image;
}

Image upright(Image image, int orientation) {
  if (orientation <= 1 || orientation > 8) {
    return image;
  }
  const bool turned = orientation >= 5;
  const auto w = static_cast<std::ptrdiff_t>(image.width);
  const auto h = static_cast<std::ptrdiff_t>(image.height);
  // The source pixel of the first target pixel, and the steps for one to the right and one down.
  const bool from_right = orientation == 2 || orientation == 3 || orientation >= 7;
  const bool from_bottom =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const std::ptrdiff_t first = (from_bottom ? (h - 1) * w : 0) + (from_right ? w - 1 : 0);
  const std::ptrdiff_t column = from_right ? -1 : 1;
  const std::ptrdiff_t row = from_bottom ? -w : w;
  Image out{.width = turned ? image.height : image.width,
            .height = turned ? image.width : image.height};
  out.rgb.resize(image.rgb.size());
  auto target = out.rgb.begin();
  for (std::ptrdiff_t y = 0; y < out.height; ++y) {
    std::ptrdiff_t source = first + y * (turned ? column : row);
    for (std::ptrdiff_t x = 0; x < out.width; ++x, source += turned ? row : column) {
      target = std::copy_n(image.rgb.begin() + source * 3, 3, target);
    }
  }
  return out;
}

}  // namespace spotter::media
