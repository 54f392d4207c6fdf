// A folder of small pictures with objects to find, for the tests of this folder.
#pragma once
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "domain/geometry.h"
#include "media/image.h"
#include "nn/infer.h"
#include "nn/train.h"

namespace spotter::nn {

inline void rectangle(media::Image& image, const Box& box, std::array<std::uint8_t, 3> colour) {
  for (int y = static_cast<int>(box.y1); y < static_cast<int>(box.y2); ++y) {
    for (int x = static_cast<int>(box.x1); x < static_cast<int>(box.x2); ++x) {
      std::copy(colour.begin(), colour.end(), image.rgb.begin() + 3 * (y * image.width + x));
    }
  }
}

inline media::Image grey_picture(int width, int height) {
  return {.width = width,
          .height = height,
          .rgb = std::vector<std::uint8_t>(static_cast<std::size_t>(width * height * 3), 90)};
}

inline std::vector<Json> json_lines(const std::filesystem::path& path) {
  std::ifstream stream(path);
  std::vector<Json> lines;
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(parse_json(line, path.string()));
  }
  return lines;
}

// Twelve pictures of 64×48, each with one red square and every second with one blue bar.
class Pictures : public testing::Test {
 protected:
  static constexpr int kCount = 12;
  static Box red(int i) { return {4.0 + 3 * i, 6, 18.0 + 3 * i, 20}; }
  static Box blue(int i) { return {38 - 1.5 * i, 28, 58 - 1.5 * i, 40}; }

  void SetUp() override {
    at::set_num_threads(1);
    std::ofstream manifest(data());
    for (int i = 0; i < kCount; ++i) {
      auto image = grey_picture(64, 48);
      rectangle(image, red(i), {220, 40, 30});
      Json objects = Json::array({object("red", red(i))});
      if (i % 2 == 0) {
        rectangle(image, blue(i), {20, 60, 230});
        objects.push_back(object("blue", blue(i)));
      }
      write_file_atomic(picture(i), media::encode_png(image));
      manifest << manifest_line(i, objects).dump() << "\n";
    }
  }

  static Json object(const std::string& name, const Box& b) {
    return {{"class", name}, {"box", {b.x1, b.y1, b.x2, b.y2}}};
  }
  [[nodiscard]] Json manifest_line(int i, const Json& objects) const {
    return {{"key", std::to_string(i)},
            {"path", picture(i).string()},
            {"width", 64},
            {"height", 48},
            {"objects", objects}};
  }
  [[nodiscard]] std::filesystem::path path(const std::string& name) const {
    return folder_.path() / name;
  }
  [[nodiscard]] std::filesystem::path data() const { return path("train.jsonl"); }
  [[nodiscard]] std::filesystem::path picture(int i) const {
    return path("picture" + std::to_string(i) + ".png");
  }

  [[nodiscard]] TrainJob job(const std::string& out, int steps) const {
    TrainJob job{.data = data(), .out = path(out)};
    job.settings.classes = {"red", "blue"};
    job.settings.seed = 7;
    job.settings.train.steps = steps;
    job.settings.train.width = 12;
    job.settings.train.scale_min = 0.9;
    job.settings.train.scale_max = 1.1;
    return job;
  }

  [[nodiscard]] std::string weights(const std::string& out) const {
    return sha256_file(path(out) / "model.safetensors");
  }

  [[nodiscard]] std::vector<Json> predict(const std::string& model, int passes) const {
    InferJob infer_job{.data = data(), .model = path(model), .out = path(model + "-said")};
    infer_job.settings.infer.mc_passes = passes;
    infer(infer_job);
    return json_lines(infer_job.out / "predictions.jsonl");
  }

  TemporaryFolder folder_;
};

}  // namespace spotter::nn
