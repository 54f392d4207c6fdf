#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <turbojpeg.h>

#include "base/error.h"
#include "media/codecs.h"

namespace spotter::media {
namespace {

struct HandleCloser {
  void operator()(void* handle) const { tjDestroy(handle); }
};
using Handle = std::unique_ptr<void, HandleCloser>;

const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

[[noreturn]] void fail_jpeg(const Handle& handle, std::string_view origin) {
  const std::string_view why = handle ? tjGetErrorStr2(handle.get()) : "no memory";
  fail(ErrorCode::kInvalid, fmt::format("the JPEG cannot be decoded ({}): {}", why, origin));
}

struct Header {
  int width = 0;
  int height = 0;
  int colour_space = 0;
};

Header read_header(const Handle& handle, std::string_view bytes, std::string_view origin) {
  Header header;
  int subsampling = 0;
  if (!handle || tjDecompressHeader3(handle.get(), data_of(bytes), bytes.size(), &header.width,
                                     &header.height, &subsampling, &header.colour_space) != 0) {
    fail_jpeg(handle, origin);
  }
  return header;
}

// The smallest of 1/8, 1/4, 1/2, 1 (those with fast code) that keeps the longest side >= side_px.
tjscalingfactor scale_for(const Header& header, int side_px) {
  const int longest = std::max(header.width, header.height);
  for (const int denominator : {8, 4, 2}) {
    const tjscalingfactor factor{1, denominator};
    if (side_px > 0 && TJSCALED(longest, factor) >= side_px) {
      return factor;
    }
  }
  return {1, 1};
}

// CMYK JPEGs hold inverted ink (Adobe's custom, which every other reader assumes too).
std::vector<std::uint8_t> rgb_from_cmyk(const std::vector<std::uint8_t>& cmyk) {
  std::vector<std::uint8_t> rgb(cmyk.size() / 4 * 3);
  for (std::size_t i = 0, o = 0; i < cmyk.size(); i += 4, o += 3) {
    const int k = cmyk[i + 3];
    for (std::size_t c = 0; c < 3; ++c) {
      rgb[o + c] = static_cast<std::uint8_t>((cmyk[i + c] * k + 127) / 255);
    }
  }
  return rgb;
}

// Stray bytes between segments are harmless; every other warning means that pixels are missing.
bool harmless(std::string_view warning, std::string_view bytes) {
  return warning.find("xtraneous bytes") != std::string_view::npos &&
         bytes.rfind("\xFF\xD9") != std::string_view::npos;
}

}  // namespace

StoredSize jpeg_size(std::string_view bytes, std::string_view origin) {
  const Handle handle(tjInitDecompress());
  const Header header = read_header(handle, bytes, origin);
  return {header.width, header.height};
}

Image decode_jpeg(std::string_view bytes, int side_px, std::string_view origin) {
  const Handle handle(tjInitDecompress());
  const Header header = read_header(handle, bytes, origin);
  const auto factor = scale_for(header, side_px);
  const bool cmyk = header.colour_space == TJCS_CMYK || header.colour_space == TJCS_YCCK;
  Image image{.width = TJSCALED(header.width, factor), .height = TJSCALED(header.height, factor)};
  const auto pixels =
      static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
  image.rgb.resize(pixels * (cmyk ? 4 : 3));
  if (tjDecompress2(handle.get(), data_of(bytes), bytes.size(), image.rgb.data(), image.width, 0,
                    image.height, cmyk ? TJPF_CMYK : TJPF_RGB, TJFLAG_LIMITSCANS) != 0 &&
      !(tjGetErrorCode(handle.get()) == TJERR_WARNING &&
        harmless(tjGetErrorStr2(handle.get()), bytes))) {
    fail_jpeg(handle, origin);
  }
  if (cmyk) {
    image.rgb = rgb_from_cmyk(image.rgb);
  }
  return image;
}

std::string encode_jpeg(const Image& image, int quality) {
  require(image.width > 0 && image.height > 0, "encode_jpeg needs a picture");
  const Handle handle(tjInitCompress());
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  if (!handle || tjCompress2(handle.get(), image.rgb.data(), image.width, 0, image.height, TJPF_RGB,
                             &bytes, &size, TJSAMP_420, std::clamp(quality, 1, 100), 0) != 0) {
    fail_jpeg(handle, "encoding");
  }
  std::string out(reinterpret_cast<const char*>(bytes), size);
  tjFree(bytes);
  return out;
}

}  // namespace spotter::media
