#include <fmt/format.h>
#include <webp/decode.h>

#include "base/error.h"
#include "media/codecs.h"

namespace spotter::media {
namespace {

const std::uint8_t* data_of(std::string_view bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

WebPBitstreamFeatures features_of(std::string_view bytes, std::string_view origin) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(data_of(bytes), bytes.size(), &features) != VP8_STATUS_OK) {
    fail(ErrorCode::kInvalid, fmt::format("the WebP is broken or truncated: {}", origin));
  }
  if (features.has_animation != 0) {
    fail(ErrorCode::kInvalid,
         fmt::format("animated WebP is not read, export its frames as pictures: {}", origin));
  }
  return features;
}

}  // namespace

StoredSize webp_size(std::string_view bytes, std::string_view origin) {
  const auto features = features_of(bytes, origin);
  return {features.width, features.height};
}

Image decode_webp(std::string_view bytes, std::string_view origin) {
  const auto features = features_of(bytes, origin);
  const auto width = static_cast<std::size_t>(features.width);
  std::vector<std::uint8_t> rgba(width * static_cast<std::size_t>(features.height) * 4);
  if (WebPDecodeRGBAInto(data_of(bytes), bytes.size(), rgba.data(), rgba.size(),
                         features.width * 4) == nullptr) {
    fail(ErrorCode::kInvalid, fmt::format("the WebP is broken or truncated: {}", origin));
  }
  return over_white(features.width, features.height, rgba);
}

}  // namespace spotter::media
