#include "base/npy.h"

#include <cmath>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"

namespace spotter {
namespace {

std::string file_of(std::string dictionary, const std::string& data, char version = 1) {
  dictionary += '\n';
  std::string bytes = "\x93NUMPY";
  bytes += version;
  bytes += '\0';
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  for (std::size_t i = 0; i < length_bytes; ++i) {
    bytes += static_cast<char>((dictionary.size() >> (8 * i)) & 255);
  }
  return bytes + dictionary + data;
}

std::string described(const std::string& descr, const std::string& shape,
                      const std::string& fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
}

class NpyFiles : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& bytes) {
    const auto path = folder_.path() / "x.npy";
    write_file_atomic(path, bytes, Sync::kNone);
    return path;
  }
  std::string message_of(const std::string& bytes) {
    const auto path = write(bytes);
    try {
      const Npy array(path);
    } catch (const Error& error) {
      EXPECT_EQ(error.code, ErrorCode::kInvalid);
      return error.what();
    }
    return "";
  }
  TemporaryFolder folder_;
};

TEST_F(NpyFiles, WhatWasWrittenIsReadBack) {
  const auto path = folder_.path() / "x.npy";
  const std::vector<float> values = {1, 2.5F, -3, 4, 5, 6};
  write_npy<float>(path, 3, values);
  const Npy array(path);
  EXPECT_EQ(array.type(), NpyType::kFloat32);
  EXPECT_EQ(array.rows(), 2U);
  EXPECT_EQ(array.columns(), 3U);
  std::vector<float> room;
  const auto got = array.values(room);
  EXPECT_TRUE(std::equal(got.begin(), got.end(), values.begin(), values.end()));
  EXPECT_TRUE(room.empty()) << "the file itself is the array";
  std::vector<double> row(3);
  array.read<double>(3, row);
  EXPECT_EQ(row, (std::vector<double>{4, 5, 6}));
}

TEST_F(NpyFiles, EveryTypeIsConverted) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"|u1", "\x07"},
      {"|i1", "\x07"},
      {"<u2", std::string("\x07\0", 2)},
      {"<i2", std::string("\x07\0", 2)},
      {"<u4", std::string("\x07\0\0\0", 4)},
      {"<i4", std::string("\x07\0\0\0", 4)},
      {"<u8", std::string("\x07\0\0\0\0\0\0\0", 8)},
      {"<i8", std::string("\x07\0\0\0\0\0\0\0", 8)},
      {"<f2", std::string("\x00\x47", 2)},
      {"<f4", std::string("\0\0\xe0\x40", 4)},
      {"<f8", std::string("\0\0\0\0\0\0\x1c\x40", 8)},
  };
  for (const auto& [descr, data] : cases) {
    for (const char version : {'\1', '\2', '\3'}) {
      const Npy array(write(file_of(described(descr, "(1,)"), data, version)));
      std::vector<double> room;
      EXPECT_EQ(array.values(room)[0], 7) << descr;
      std::vector<float> one(1);
      array.read<float>(0, one);
      EXPECT_EQ(one[0], 7) << descr;
    }
  }
}

TEST_F(NpyFiles, HalvesAreExact) {
  // 1, -2, the smallest subnormal, infinity, not a number.
  const Npy array(write(file_of(described("<f2", "(5,)"),
                                std::string("\x00\x3c\x00\xc0\x01\x00\x00\x7c\x01\x7e", 10))));
  std::vector<float> room;
  const auto values = array.values(room);
  EXPECT_EQ(values[0], 1.0F);
  EXPECT_EQ(values[1], -2.0F);
  EXPECT_EQ(values[2], std::ldexp(1.0F, -24));
  EXPECT_TRUE(std::isinf(values[3]));
  EXPECT_TRUE(std::isnan(values[4]));
}

TEST_F(NpyFiles, RefusesWithTheReason) {
  const std::string eight(8, '\0');
  EXPECT_NE(message_of("").find("magic"), std::string::npos);
  EXPECT_NE(message_of("\x93NUMPY").find("magic"), std::string::npos);
  EXPECT_NE(message_of(std::string("\x93NUMPY\x01\x00\x05\x00", 10)).find("cut off"),
            std::string::npos);
  EXPECT_NE(message_of(file_of(described(">f4", "(2,)"), eight)).find("big-endian"),
            std::string::npos);
  EXPECT_NE(message_of(file_of(described("<f4", "(1, 2)", "True"), eight)).find("Fortran"),
            std::string::npos);
  EXPECT_NE(message_of(file_of(described("<U2", "(1,)"), eight)).find("<U2"), std::string::npos);
  EXPECT_NE(message_of(file_of(described("<f4", "(3,)"), eight)).find("cut off"),
            std::string::npos);
  EXPECT_NE(message_of(file_of(described("<f4", "(99999999999, 99999999999)"), eight))
                .find("larger than any file"),
            std::string::npos);
  EXPECT_NE(message_of(file_of(described("<f4", "(a,)"), eight)).find("shape"), std::string::npos);
  EXPECT_NE(message_of(file_of("{'descr': [('a', '<f4')], 'shape': (2,)}", eight)).find("records"),
            std::string::npos);
  EXPECT_THROW(Npy(folder_.path() / "absent.npy"), Error);
  EXPECT_THROW(Npy(folder_.path()), Error);
}

TEST_F(NpyFiles, WholeNumbersAreNotMadeOfFractions) {
  const Npy floats(write(file_of(described("<f4", "(2,)"), std::string(8, '\0'))));
  std::vector<std::int64_t> room;
  EXPECT_THROW((void)floats.values(room), Error);
  const Npy large(write(file_of(described("<u8", "(1,)"), std::string(8, '\xff'))));
  EXPECT_THROW((void)large.values(room), Error);
}

TEST_F(NpyFiles, EmptyArraysAreArrays) {
  const auto path = folder_.path() / "x.npy";
  write_npy<std::int64_t>(path, 0, {});
  const Npy array(path);
  EXPECT_EQ(array.rows(), 0U);
  std::vector<std::int64_t> room;
  EXPECT_TRUE(array.values(room).empty());
}

}  // namespace
}  // namespace spotter
