#include <fmt/format.h>
#include <png.h>

#include "base/error.h"
#include "media/codecs.h"

namespace spotter::media {
namespace {

// libpng's reader of whole pictures; frees its state when it goes.
class Reader {
 public:
  Reader(std::string_view bytes, std::string_view origin) : origin_(origin) {
    image_.version = PNG_IMAGE_VERSION;
    if (png_image_begin_read_from_memory(&image_, bytes.data(), bytes.size()) == 0) {
      refuse();
    }
    image_.flags |=
        PNG_IMAGE_FLAG_16BIT_sRGB;  // as cameras write them; the default takes them as linear
  }
  ~Reader() { png_image_free(&image_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  [[nodiscard]] StoredSize size() const {
    return {static_cast<int>(image_.width), static_cast<int>(image_.height)};
  }

  std::vector<std::uint8_t> read_rgba() {
    image_.format = PNG_FORMAT_RGBA;
    std::vector<std::uint8_t> rgba(PNG_IMAGE_SIZE(image_));
    if (png_image_finish_read(&image_, nullptr, rgba.data(), 0, nullptr) == 0) {
      refuse();
    }
    return rgba;
  }

 private:
  [[noreturn]] void refuse() {
    fail(ErrorCode::kInvalid,
         fmt::format("the PNG cannot be decoded ({}): {}", &image_.message[0], origin_));
  }

  std::string_view origin_;
  png_image image_{};
};

}  // namespace

StoredSize png_size(std::string_view bytes, std::string_view origin) {
  return Reader(bytes, origin).size();
}

Image decode_png(std::string_view bytes, std::string_view origin) {
  Reader reader(bytes, origin);
  const auto size = reader.size();
  return over_white(size.width, size.height, reader.read_rgba());
}

std::string encode_png(const Image& image) {
  require(image.width > 0 && image.height > 0, "encode_png needs a picture");
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(image.width);
  header.height = static_cast<png_uint_32>(image.height);
  header.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  std::string bytes(size, '\0');
  if (png_image_write_to_memory(&header, bytes.data(), &size, 0, image.rgb.data(), 0, nullptr) ==
      0) {
    fail(ErrorCode::kInternal, fmt::format("the PNG cannot be written ({})", &header.message[0]));
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace spotter::media
