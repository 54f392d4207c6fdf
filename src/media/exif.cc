#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include <libexif/exif-data.h>

#include "media/codecs.h"

namespace spotter::media {
namespace {

struct DataCloser {
  void operator()(ExifData* data) const { exif_data_unref(data); }
};
using Data = std::unique_ptr<ExifData, DataCloser>;

std::uint32_t big_endian(std::string_view four) {
  std::uint32_t value = 0;
  for (const char c : four.substr(0, 4)) {
    value = value << 8 | static_cast<unsigned char>(c);
  }
  return value;
}

std::uint32_t little_endian(std::string_view four) {
  const std::uint32_t value = big_endian(four);
  return value >> 24 | (value >> 8 & 0xff00U) | (value << 8 & 0xff0000U) | value << 24;
}

// The payload of JPEG's APP1 segment that starts with "Exif", before the pixel data.
std::optional<std::string_view> jpeg_payload(std::string_view bytes) {
  for (std::size_t at = 2; at + 4 <= bytes.size() && bytes[at] == '\xFF';) {
    const auto marker = static_cast<unsigned char>(bytes[at + 1]);
    const std::size_t length = big_endian(bytes.substr(at, 4)) & 0xffffU;
    if (marker == 0xDA || length < 2 || at + 2 + length > bytes.size()) {
      return std::nullopt;
    }
    const auto payload = bytes.substr(at + 4, length - 2);
    if (marker == 0xE1 && payload.starts_with("Exif")) {
      return payload;
    }
    at += 2 + length;
  }
  return std::nullopt;
}

// The content of the chunk `name` in PNG (length, name, data, checksum) or WebP (name, length,
// data).
std::optional<std::string_view> chunk(std::string_view bytes, bool png, std::string_view name) {
  const std::size_t tail = png ? 4 : 0;
  for (std::size_t at = png ? 8 : 12; at + 8 <= bytes.size();) {
    const std::size_t size =
        png ? big_endian(bytes.substr(at)) : little_endian(bytes.substr(at + 4));
    if (size > bytes.size() - at - 8) {
      return std::nullopt;
    }
    if (bytes.substr(at + (png ? 4 : 0), 4) == name) {
      return bytes.substr(at + 8, size);
    }
    at += 8 + size + tail + (png ? 0 : size % 2);
  }
  return std::nullopt;
}

std::optional<std::string_view> payload_of(std::string_view bytes, Kind kind) {
  switch (kind) {
    case Kind::kJpeg:
      return jpeg_payload(bytes);
    case Kind::kPng:
      return chunk(bytes, true, "eXIf");
    case Kind::kWebp:
      return chunk(bytes, false, "EXIF");
    default:
      return std::nullopt;
  }
}

// "2026:11:24 05:30:00" as "2026-11-24T05:30:00Z"; empty for anything else (cameras without a clock
// write zeros or blanks). EXIF has no zone, so the time is taken as UTC.
std::string iso_from_exif(std::string_view text) {
  constexpr std::string_view kShape = "dddd:dd:dd dd:dd:dd";
  if (text.size() < kShape.size()) {
    return {};
  }
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == 'd' ? !digit : text[i] != kShape[i]) {
      return {};
    }
  }
  const auto number = [&](std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
  if (text.starts_with("0000") || number(5) < 1 || number(5) > 12 || number(8) < 1 ||
      number(8) > 31 || number(11) > 23 || number(14) > 59 || number(17) > 59) {
    return {};
  }
  std::string iso(text.substr(0, kShape.size()));
  iso[4] = iso[7] = '-';
  iso[10] = 'T';
  return iso + "Z";
}

}  // namespace

Exif read_exif(std::string_view bytes, Kind kind) {
  Exif result;
  const auto payload = payload_of(bytes, kind);
  if (!payload) {
    return result;
  }
  std::string block(*payload);
  if (!block.starts_with("Exif")) {  // PNG and WebP leave out JPEG's prefix, which libexif wants
    block.insert(0, std::string("Exif\0\0", 6));
  }
  const Data data(exif_data_new_from_data(reinterpret_cast<const unsigned char*>(block.data()),
                                          static_cast<unsigned int>(block.size())));
  if (!data) {
    return result;
  }
  const auto* turn = exif_content_get_entry(data->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
  if (turn != nullptr && turn->format == EXIF_FORMAT_SHORT && turn->size >= 2) {
    const int value = exif_get_short(turn->data, exif_data_get_byte_order(data.get()));
    result.orientation = value >= 1 && value <= 8 ? value : 1;
  }
  const auto* taken = exif_content_get_entry(data->ifd[EXIF_IFD_EXIF], EXIF_TAG_DATE_TIME_ORIGINAL);
  if (taken != nullptr && taken->format == EXIF_FORMAT_ASCII && taken->data != nullptr) {
    result.captured_at =
        iso_from_exif({reinterpret_cast<const char*>(taken->data), std::size_t{taken->size}});
  }
  return result;
}

}  // namespace spotter::media
