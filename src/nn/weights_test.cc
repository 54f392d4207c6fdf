#include "nn/weights.h"

#include <limits>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "nn/net.h"

namespace spotter::nn {
namespace {

class WeightsFile : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "w.safetensors"; }
  void write(const std::string& header, const std::string& values) const {
    std::string bytes(8, '\0');
    bytes[0] = static_cast<char>(header.size() & 0xff);
    bytes[1] = static_cast<char>(header.size() >> 8);
    write_file_atomic(path(), bytes + header + values);
  }
  TemporaryFolder folder_;
};

TEST_F(WeightsFile, ComeBackToTheBit) {
  torch::manual_seed(3);
  Net net(3, TrainParams{.width = 12});
  Net other(3, TrainParams{.width = 12});
  write_weights(weights_of(*net), path());
  put_weights(*other, read_weights(path()), "test");
  for (const auto& parameter : net->named_parameters()) {
    EXPECT_TRUE(torch::equal(parameter.value(), other->named_parameters()[parameter.key()]));
  }
  const auto bytes = read_file(path());
  write_weights(weights_of(*other), path());
  EXPECT_EQ(bytes, read_file(path()));
}

TEST_F(WeightsFile, AnotherArchitectureIsRefused) {
  Net net(3, TrainParams{.width = 12});
  Net more_classes(4, TrainParams{.width = 12});
  const auto weights = weights_of(*net);
  EXPECT_THROW(put_weights(*more_classes, weights, "test"), Error);
  auto fewer = weights;
  fewer.erase(fewer.begin());
  EXPECT_THROW(put_weights(*net, fewer, "test"), Error);
  auto extra = weights;
  extra["zzz"] = torch::zeros({1});
  EXPECT_THROW(put_weights(*net, extra, "test"), Error);
}

TEST_F(WeightsFile, LiesInTheHeaderAreFound) {
  const std::string four(16, '\0');
  write(R"({"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}})", four);
  EXPECT_EQ(read_weights(path()).at("a").numel(), 4);
  for (const char* header :
       {R"({"a":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}})",
        R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,16]}})",
        R"({"a":{"dtype":"F32","shape":[-4],"data_offsets":[0,16]}})",
        R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[4,20]}})",
        R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}})",
        R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0]}})",
        R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,16]}})",
        R"({"a":{"dtype":"F32","shape":"x","data_offsets":[0,16]}})", R"({"a":[]})", R"([1,2])",
        R"({"a")", ""}) {
    write(header, four);
    EXPECT_THROW((void)read_weights(path()), Error) << header;
  }
}

TEST_F(WeightsFile, ValuesThatAreNotFiniteAreRefused) {
  auto tensor = torch::zeros({2});
  tensor[1] = std::numeric_limits<float>::quiet_NaN();
  write_weights({{"a", tensor}}, path());
  EXPECT_THROW((void)read_weights(path()), Error);
}

TEST_F(WeightsFile, AnyCutOrFlippedByteEitherReadsOrIsRefused) {
  write_weights({{"a", torch::arange(6, torch::kFloat).view({2, 3})}, {"b", torch::ones({1})}},
                path());
  const auto good = read_file(path());
  for (std::size_t length = 0; length < good.size(); ++length) {
    write_file_atomic(path(), good.substr(0, length));
    EXPECT_THROW((void)read_weights(path()), Error) << length;
  }
  Rng rng(5);
  int refused = 0;
  for (int i = 0; i < 300; ++i) {
    auto bad = good;
    bad[rng.index(bad.size())] = static_cast<char>(rng.index(256));
    write_file_atomic(path(), bad);
    try {
      (void)read_weights(path());
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace spotter::nn
