#include <gtest/gtest.h>
#include <torch/torch.h>

#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/subprocess.h"
#include "media/image.h"
#include "nn/detect.h"
#include "nn/infer.h"
#include "nn/train.h"

namespace spotter::nn {
namespace {

// Pictures of 64×48 with one red square and, in every second, one blue bar.
class Network : public testing::Test {
 protected:
  static void rectangle(media::Image& image, const Box& box, std::array<std::uint8_t, 3> colour) {
    for (int y = static_cast<int>(box.y1); y < static_cast<int>(box.y2); ++y) {
      for (int x = static_cast<int>(box.x1); x < static_cast<int>(box.x2); ++x) {
        std::copy(colour.begin(), colour.end(),
                  image.rgb.begin() + 3 * (y * image.width + x));
      }
    }
  }

  void SetUp() override {
    at::set_num_threads(1);
    std::ofstream manifest(folder_.path() / "train.jsonl");
    for (int i = 0; i < 12; ++i) {
      media::Image image{.width = 64, .height = 48, .rgb = std::vector<std::uint8_t>(64 * 48 * 3, 90)};
      const double x = 4 + 3 * i;
      const Box red{x, 6, x + 14, 20};
      const Box blue{40 - x / 2, 28, 60 - x / 2, 40};
      rectangle(image, red, {220, 40, 30});
      Json objects = Json::array();
      objects.push_back({{"class", "red"}, {"box", {red.x1, red.y1, red.x2, red.y2}}});
      if (i % 2 == 0) {
        rectangle(image, blue, {20, 60, 230});
        objects.push_back({{"class", "blue"}, {"box", {blue.x1, blue.y1, blue.x2, blue.y2}}});
      }
      const auto path = folder_.path() / ("picture" + std::to_string(i) + ".png");
      write_file_atomic(path, media::encode_png(image));
      manifest << Json({{"key", std::to_string(i)}, {"path", path.string()}, {"width", 64}, {"height", 48},
                        {"objects", objects}}).dump() << "\n";
    }
  }

  [[nodiscard]] TrainJob job(const std::string& out, int steps) const {
    TrainJob job{.data = folder_.path() / "train.jsonl", .out = folder_.path() / out};
    job.settings.classes = {"red", "blue"};
    job.settings.seed = 7;
    job.settings.train.steps = steps;
    job.settings.train.width = 12;
    job.settings.train.scale_min = 0.9;
    job.settings.train.scale_max = 1.1;
    return job;
  }

  [[nodiscard]] std::string weights(const std::string& out) const {
    return sha256_file(folder_.path() / out / "model.pt");
  }

  std::vector<Json> predict(const std::string& model, int passes) {
    InferJob infer_job{.data = folder_.path() / "train.jsonl",
                       .model = folder_.path() / model,
                       .out = folder_.path() / (model + "-said")};
    infer_job.settings.infer.mc_passes = passes;
    infer(infer_job);
    std::ifstream stream(infer_job.out / "predictions.jsonl");
    std::vector<Json> lines;
    for (std::string line; std::getline(stream, line);) {
      lines.push_back(parse_json(line, "predictions"));
    }
    return lines;
  }

  TemporaryFolder folder_;
};

TEST_F(Network, LearnsWhatIsThere) {
  EXPECT_EQ(train(job("m", 300)), TrainEnd::kDone);
  const auto lines = predict("m", 4);
  ASSERT_EQ(lines.size(), 12U);
  int found = 0;
  for (int i = 0; i < 12; ++i) {
    const auto& line = lines[static_cast<std::size_t>(i)];
    EXPECT_EQ(line["key"], std::to_string(i));
    EXPECT_GE(line["loss"].get<double>(), 0);
    const double x = 4 + 3 * i;
    for (const auto& p : line["predictions"]) {
      const auto b = p["box"].get<std::vector<double>>();
      if (p["class"] == "red" && p["score"].get<double>() > 0.3 && iou({b[0], b[1], b[2], b[3]}, {x, 6, x + 14, 20}) > 0.6) {
        ++found;
        EXPECT_EQ(p["probabilities"].size(), 2U);
        EXPECT_EQ(p["aleatoric"].size(), 4U);
        EXPECT_EQ(p["epistemic"].size(), 4U);
        EXPECT_GE(p["mutual_information"].get<double>(), 0);
        break;
      }
    }
  }
  EXPECT_GE(found, 11);
  const auto npy = read_file(folder_.path() / "m-said" / "embeddings.npy");
  EXPECT_EQ(npy.substr(1, 5), "NUMPY");
  EXPECT_NE(npy.find("'shape': (12, 64)"), std::string::npos);
}

TEST_F(Network, TheSameSeedGivesTheSameWeightsToTheBit) {
  train(job("a", 12));
  train(job("b", 12));
  EXPECT_EQ(weights("a"), weights("b"));
  auto other = job("c", 12);
  other.settings.seed = 8;
  train(other);
  EXPECT_NE(weights("a"), weights("c"));
}

TEST_F(Network, WarmStartKeepsWhatWasLearntAlsoWhenAClassIsAdded) {
  train(job("first", 150));
  auto more = job("second", 1);
  more.init = folder_.path() / "first";
  more.settings.classes = {"green", "blue", "red"};
  more.settings.train.learning_rate = 0;
  train(more);
  auto first = load_model(folder_.path() / "first");
  auto second = load_model(folder_.path() / "second");
  EXPECT_TRUE(torch::equal(first.net->named_parameters()["heat.weight"][0], second.net->named_parameters()["heat.weight"][2]));
  EXPECT_TRUE(torch::equal(first.net->named_parameters()["box.weight"], second.net->named_parameters()["box.weight"]));
}

TEST_F(Network, ARunStoppedAtACheckpointEndsLikeAnUndisturbedOne) {
  const auto program = program_folder() / "spotter-nn";
  const auto config = folder_.path() / "config.json";
  write_json(config, {{"task", "detection"}, {"classes", {"red", "blue"}}, {"seed", 7},
                      {"params", {{"steps", 60}, {"width", 12}}}});
  const auto command = [&](const std::string& out) {
    return CommandSpec{.arguments = {program.string(), "train", "--data", (folder_.path() / "train.jsonl").string(),
                                     "--out", (folder_.path() / out).string(), "--config", config.string()},
                       .environment = {{"SPOTTER_CKPT_DIR", (folder_.path() / (out + ".ckpt")).string()},
                                       {"OMP_WAIT_POLICY", "passive"}}};
  };
  EXPECT_EQ(run_command(command("whole")).exit_code, 0);
  const int pid = spawn_command(command("parts"));
  const auto log = folder_.path() / "parts" / "metrics.jsonl";
  while (!std::filesystem::exists(log) || std::filesystem::file_size(log) == 0) {
    ASSERT_FALSE(poll_child(pid).has_value());
  }
  signal_group(pid, SIGUSR1);
  EXPECT_EQ(wait_child(pid), 75);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "parts" / "done.json"));
  EXPECT_EQ(run_command(command("parts")).exit_code, 0);
  EXPECT_EQ(weights("whole"), weights("parts"));
}

TEST_F(Network, BadInputIsRefusedWithAReason) {
  auto nothing = job("x", 2);
  write_file_atomic(folder_.path() / "empty.jsonl", "\n");
  nothing.data = folder_.path() / "empty.jsonl";
  EXPECT_THROW(train(nothing), Error);
  write_file_atomic(folder_.path() / "lost.jsonl", R"({"key":"a","path":"/nowhere.png","objects":[]})" "\n{broken\n");
  nothing.data = folder_.path() / "lost.jsonl";
  EXPECT_THROW(train(nothing), Error);
  auto nobody = job("x", 2);
  nobody.settings.classes = {"zebra"};
  EXPECT_THROW(train(nobody), Error);
  make_folders(folder_.path() / "model");
  write_file_atomic(folder_.path() / "model" / "model.pt", "not an archive");
  EXPECT_THROW((void)load_model(folder_.path() / "model"), Error);
  write_json(folder_.path() / "bad.json", {{"params", {{"stepz", 3}}}});
  EXPECT_THROW((void)read_settings(folder_.path() / "bad.json"), Error);
  write_json(folder_.path() / "bad.json", {{"params", {{"batch", -3}}}});
  EXPECT_THROW((void)read_settings(folder_.path() / "bad.json"), Error);
}

TEST_F(Network, OneUnreadablePictureDoesNotSpoilTheRest) {
  write_file_atomic(folder_.path() / "picture3.png", "gone");
  EXPECT_EQ(train(job("m", 2)), TrainEnd::kDone);
  const Json done = read_json(folder_.path() / "m" / "done.json");
  EXPECT_EQ(done["pictures"], 11);
  EXPECT_EQ(done["rejects"].size(), 1U);
  const auto lines = predict("m", 0);
  ASSERT_EQ(lines.size(), 12U);
  EXPECT_TRUE(lines[3].contains("error"));
  EXPECT_TRUE(lines[4].contains("predictions"));
}

}  // namespace
}  // namespace spotter::nn
