#include "media/image.h"

#include <array>
#include <cstdlib>
#include <functional>

#include <gtest/gtest.h>
#include <png.h>
#include <turbojpeg.h>
#include <webp/encode.h>

#include "base/error.h"
#include "media/codecs.h"

namespace spotter::media {
namespace {

using Colour = std::array<int, 3>;

Colour at(const Image& image, int x, int y) {
  const auto i = static_cast<std::size_t>((y * image.width + x) * 3);
  return {image.rgb[i], image.rgb[i + 1], image.rgb[i + 2]};
}

bool near(const Colour& a, const Colour& b, int tolerance) {
  for (std::size_t c = 0; c < 3; ++c) {
    if (std::abs(a[c] - b[c]) > tolerance) {
      return false;
    }
  }
  return true;
}

Image filled(int width, int height, const std::function<Colour(int, int)>& colour) {
  Image image{.width = width, .height = height};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (const int c : colour(x, y)) {
        image.rgb.push_back(static_cast<std::uint8_t>(c));
      }
    }
  }
  return image;
}

// Red, green, blue and white quarters, so that every orientation looks different.
Image quarters(int width, int height) {
  return filled(width, height, [&](int x, int y) -> Colour {
    const bool right = x >= width / 2;
    const bool low = y >= height / 2;
    return right ? (low ? Colour{255, 255, 255} : Colour{0, 255, 0})
                 : (low ? Colour{0, 0, 255} : Colour{255, 0, 0});
  });
}

// A JPEG with an APP1 segment that states the orientation and the time.
std::string with_exif(const std::string& jpeg, int orientation, const std::string& taken) {
  std::string tiff("II\x2A\0\x08\0\0\0", 8);
  const auto entry = [&](int tag, int type, int count, int value) {
    for (const auto& [number, size] : {std::pair{tag, 2}, {type, 2}, {count, 4}, {value, 4}}) {
      for (int i = 0; i < size; ++i) {
        tiff += static_cast<char>(number >> (8 * i) & 0xff);
      }
    }
  };
  tiff += std::string("\x02\0", 2);
  entry(0x0112, 3, 1, orientation);
  entry(0x8769, 4, 1, 38);  // the EXIF directory follows this one
  tiff += std::string("\0\0\0\0", 4) + std::string("\x01\0", 2);
  entry(0x9003, 2, 20, 56);
  tiff += std::string("\0\0\0\0", 4) + taken + '\0';
  const std::string payload = std::string("Exif\0\0", 6) + tiff;
  const auto length = payload.size() + 2;
  std::string segment = "\xFF\xE1";
  segment += static_cast<char>(length >> 8);
  segment += static_cast<char>(length & 0xff);
  return jpeg.substr(0, 2) + segment + payload + jpeg.substr(2);
}

std::string cmyk_jpeg(const std::array<std::uint8_t, 4>& ink, int side) {
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < side * side; ++i) {
    pixels.insert(pixels.end(), ink.begin(), ink.end());
  }
  const auto handle = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  EXPECT_EQ(tjCompress2(handle, pixels.data(), side, 0, side, TJPF_CMYK, &bytes, &size, TJSAMP_444,
                        95, 0),
            0);
  std::string out(reinterpret_cast<const char*>(bytes), size);
  tjFree(bytes);
  tjDestroy(handle);
  return out;
}

std::string png_of(png_uint_32 format, int width, int height, const void* pixels) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(width);
  header.height = static_cast<png_uint_32>(height);
  header.format = format;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  std::string bytes(size, '\0');
  EXPECT_NE(png_image_write_to_memory(&header, bytes.data(), &size, 0, pixels, 0, nullptr), 0);
  bytes.resize(size);
  return bytes;
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    EXPECT_EQ(e.code, ErrorCode::kInvalid);
    return e.what();
  }
  return "";
}

TEST(Image, JpegAndPngRoundTrip) {
  const Image image = quarters(40, 20);
  const Image back = decode(encode_png(image), "a.png");
  EXPECT_EQ(back.rgb, image.rgb);
  const Image lossy = decode(encode_jpeg(image, 95), "a.jpg");
  EXPECT_EQ(lossy.width, 40);
  EXPECT_TRUE(near(at(lossy, 5, 5), {255, 0, 0}, 8));
  EXPECT_EQ(probe(encode_jpeg(image, 95), "a.jpg").media_type, "image/jpeg");
}

TEST(Image, EveryExifOrientationIsTurnedUpright) {
  // Corner colours (top left, top right, bottom left) that a viewer shows for each orientation.
  const Colour red{255, 0, 0}, green{0, 255, 0}, blue{0, 0, 255}, white{255, 255, 255};
  const std::array<std::array<Colour, 3>, 8> expected = {{{red, green, blue},
                                                          {green, red, white},
                                                          {white, blue, green},
                                                          {blue, white, red},
                                                          {red, blue, green},
                                                          {blue, red, white},
                                                          {white, green, blue},
                                                          {green, white, red}}};
  const std::string plain = encode_jpeg(quarters(64, 32), 95);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const auto bytes = with_exif(plain, orientation, "2026:11:24 05:30:00");
    const auto info = probe(bytes, "a.jpg");
    EXPECT_EQ(info.orientation, orientation);
    EXPECT_EQ(info.captured_at, "2026-11-24T05:30:00Z");
    EXPECT_EQ(info.width, orientation >= 5 ? 32 : 64);
    for (const Image& image : {decode(bytes, "a.jpg"), thumbnail(bytes, 32, "a.jpg")}) {
      const auto& corners = expected[static_cast<std::size_t>(orientation - 1)];
      EXPECT_TRUE(near(at(image, 2, 2), corners[0], 12)) << orientation;
      EXPECT_TRUE(near(at(image, image.width - 3, 2), corners[1], 12)) << orientation;
      EXPECT_TRUE(near(at(image, 2, image.height - 3), corners[2], 12)) << orientation;
    }
  }
}

TEST(Image, AnUnsetCameraClockIsNoTime) {
  const auto bytes = with_exif(encode_jpeg(quarters(8, 8), 90), 1, "0000:00:00 00:00:00");
  EXPECT_EQ(probe(bytes, "a.jpg").captured_at, "");
}

TEST(Image, CmykJpegBecomesRgb) {
  // Inverted ink: full cyan and magenta on paper is stored as 0, 0, 255, 255.
  EXPECT_TRUE(near(at(decode(cmyk_jpeg({0, 0, 255, 255}, 16), "c.jpg"), 8, 8), {0, 0, 255}, 4));
  EXPECT_TRUE(
      near(at(decode(cmyk_jpeg({255, 255, 255, 255}, 16), "c.jpg"), 8, 8), {255, 255, 255}, 4));
  EXPECT_TRUE(
      near(at(thumbnail(cmyk_jpeg({255, 0, 0, 128}, 64), 8, "c.jpg"), 4, 4), {128, 0, 0}, 5));
}

TEST(Image, GreyAlphaAndSixteenBitPng) {
  const std::vector<std::uint8_t> grey(64, 77);
  EXPECT_EQ(at(decode(png_of(PNG_FORMAT_GRAY, 8, 8, grey.data()), "g.png"), 3, 3),
            (Colour{77, 77, 77}));
  std::vector<std::uint8_t> rgba;
  for (int i = 0; i < 64; ++i) {
    rgba.insert(rgba.end(), {255, 0, 0, 128});
  }
  EXPECT_TRUE(near(at(decode(png_of(PNG_FORMAT_RGBA, 8, 8, rgba.data()), "a.png"), 3, 3),
                   {255, 127, 127}, 1));
  const std::vector<std::uint16_t> linear(64 * 3, 65535);
  EXPECT_EQ(at(decode(png_of(PNG_FORMAT_LINEAR_RGB, 8, 8, linear.data()), "l.png"), 3, 3),
            (Colour{255, 255, 255}));
}

TEST(Image, Webp) {
  const Image image = quarters(32, 32);
  std::uint8_t* bytes = nullptr;
  const auto size = WebPEncodeLosslessRGB(image.rgb.data(), 32, 32, 96, &bytes);
  const std::string webp(reinterpret_cast<const char*>(bytes), size);
  WebPFree(bytes);
  EXPECT_EQ(probe(webp, "a.webp").media_type, "image/webp");
  EXPECT_EQ(decode(webp, "a.webp").rgb, image.rgb);
  EXPECT_NE(message_of([&] { (void)decode(std::string_view(webp).substr(0, size / 2), "a.webp"); }),
            "");
}

TEST(Image, BrokenBytesAreRefusedWithTheirName) {
  const std::string jpeg = encode_jpeg(quarters(200, 100), 90);
  const std::string png = encode_png(quarters(200, 100));
  for (const std::string& bytes :
       {std::string(), std::string("GIF89a.."), jpeg.substr(0, 3), jpeg.substr(0, jpeg.size() / 2),
        png.substr(0, 20), png.substr(0, png.size() / 2), std::string("\xFF\xD8\xFF\xE1\0\0", 6)}) {
    const auto message = message_of([&] { (void)decode(bytes, "dir/x.jpg"); });
    EXPECT_TRUE(message.ends_with(": dir/x.jpg")) << message;
  }
}

TEST(Image, OversizedPicturesAreRefusedFromTheirHeader) {
  std::string png = encode_png(quarters(8, 8));
  // Width and height 30000 in the header; the checksum is mended so that only the size is wrong.
  const unsigned char size[] = {0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30};
  png.replace(16, 8, reinterpret_cast<const char*>(size), 8);
  std::uint32_t crc = 0xffffffffU;
  for (std::size_t i = 12; i < 29; ++i) {
    crc ^= static_cast<unsigned char>(png[i]);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0);
    }
  }
  crc = ~crc;
  for (std::size_t i = 0; i < 4; ++i) {
    png[29 + i] = static_cast<char>(crc >> (24 - 8 * i) & 0xff);
  }
  for (const auto& read : {std::function<void()>([&] { (void)probe(png, "big.png"); }),
                           std::function<void()>([&] { (void)decode(png, "big.png"); }),
                           std::function<void()>([&] { (void)thumbnail(png, 64, "big.png"); })}) {
    EXPECT_NE(message_of(read).find("30000x30000"), std::string::npos);
  }
}

TEST(Image, ThumbnailKeepsTheShapeAndNeverEnlarges) {
  const auto bytes = encode_jpeg(quarters(1000, 400), 90);
  const auto small = thumbnail(bytes, 256, "a.jpg");
  EXPECT_EQ(small.width, 256);
  EXPECT_EQ(small.height, 102);
  EXPECT_TRUE(near(at(small, 10, 10), {255, 0, 0}, 8));
  EXPECT_EQ(thumbnail(bytes, 4000, "a.jpg").width, 1000);
}

TEST(Resize, ShrinkingKeepsTheMean) {
  const Image image =
      filled(60, 40, [](int x, int y) { return Colour{(x * 7 + y * 13) % 256, x, y}; });
  const auto mean = [](const Image& picture) {
    double sum = 0;
    for (const auto value : picture.rgb) {
      sum += value;
    }
    return sum / static_cast<double>(picture.rgb.size());
  };
  for (const auto& [width, height] : {std::pair{30, 20}, {17, 11}, {59, 3}, {1, 1}}) {
    EXPECT_NEAR(mean(resize(image, width, height)), mean(image), 0.6) << width << "x" << height;
  }
}

TEST(Resize, EnlargingIsBilinearAndKeepsCorners) {
  const Image image = filled(2, 1, [](int x, int) { return Colour{x * 100, 0, 0}; });
  const Image wide = resize(image, 4, 1);
  EXPECT_EQ(at(wide, 0, 0)[0], 0);
  EXPECT_EQ(at(wide, 1, 0)[0], 25);
  EXPECT_EQ(at(wide, 2, 0)[0], 75);
  EXPECT_EQ(at(wide, 3, 0)[0], 100);
}

}  // namespace
}  // namespace spotter::media
