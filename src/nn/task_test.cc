// Classes and paths: that each task learns, says what its contract asks, and repeats itself.
#include "nn/task.h"

#include <cmath>
#include <numeric>

#include "base/error.h"
#include "kernels/trajectories.h"
#include "nn/test_pictures.h"
#include "nn/tracks.h"

namespace spotter::nn {
namespace {

// The pictures again: those with a blue bar are one class, the others another.
class Classes : public Pictures {
 protected:
  void SetUp() override {
    Pictures::SetUp();
    std::ofstream manifest(data());
    for (int i = 0; i < kCount; ++i) {
      manifest << manifest_line(i, Json::array({object(truth(i), {0, 0, 64, 48})})).dump() << "\n";
    }
  }
  static std::string truth(int i) { return i % 2 == 0 ? "both" : "one"; }

  [[nodiscard]] TrainJob lesson(const std::string& out, int steps) const {
    auto lesson = job(out, steps);
    lesson.settings.task = "classification";
    lesson.settings.classes = {"one", "both", "none"};
    lesson.settings.train.batch = 8;
    lesson.val = data();
    return lesson;
  }
};

TEST_F(Classes, LearnsWhatThePicturesShow) {
  ASSERT_EQ(train(lesson("m", 120)), TrainEnd::kDone);
  const Json done = read_json(path("m") / "done.json");
  EXPECT_GE(done["metrics"]["accuracy"].get<double>(), 0.9);
  const auto lines = predict("m", 16);
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(kCount));
  for (int i = 0; i < kCount; ++i) {
    const auto& line = lines[static_cast<std::size_t>(i)];
    ASSERT_EQ(line["predictions"].size(), 1U);
    const auto& said = line["predictions"][0];
    EXPECT_EQ(said["box"], Json({0, 0, 64, 48}));
    const auto p = said["probabilities"].get<std::vector<double>>();
    ASSERT_EQ(p.size(), 3U);
    EXPECT_NEAR(std::accumulate(p.begin(), p.end(), 0.0), 1, 1e-4);
    EXPECT_NEAR(said["score"].get<double>(), *std::max_element(p.begin(), p.end()), 1e-6);
    EXPECT_GE(said["mutual_information"].get<double>(), 0);
    EXPECT_NEAR(line["loss"].get<double>(), -std::log(p[i % 2 == 0 ? 1 : 0]), 1e-3);
    EXPECT_EQ(line["embedding_row"], i);
  }
}

TEST_F(Classes, TheSameSeedGivesTheSameWeightsAndAWarmStartKeepsThem) {
  train(lesson("a", 10));
  train(lesson("b", 10));
  EXPECT_EQ(weights("a"), weights("b"));
  auto more = lesson("more", 1);
  more.init = path("a");
  more.settings.classes = {"both", "one"};
  more.settings.train.learning_rate = 0;
  train(more);
  auto first = load_model(path("a"));
  auto second = load_model(path("more"));
  EXPECT_TRUE(torch::equal(first.net->named_parameters()["classes.weight"][1],
                           second.net->named_parameters()["classes.weight"][0]));
}

TEST_F(Classes, AModelStartsNoOtherTask) {
  train(lesson("m", 1));
  auto boxes = job("boxes", 1);
  boxes.init = path("m");
  EXPECT_THROW(train(boxes), Error);
}

// Agents that walk on a circle: constant velocity leaves it, the network learns to stay.
class Paths : public Pictures {
 protected:
  static constexpr int kAgents = 200;

  void SetUp() override {
    at::set_num_threads(1);
    std::ofstream manifest(data());
    Rng rng(5);
    for (int i = 0; i < kAgents; ++i) {
      const double radius = rng.uniform(3, 6);
      const double start = rng.uniform(0, 6);
      PointPath path;
      for (int t = 0; t < 20; ++t) {
        const double angle = start + 0.4 * t / radius;
        path.push_back({50 + radius * std::cos(angle), -20 + radius * std::sin(angle)});
      }
      const auto file = this->path("track" + std::to_string(i) + ".json");
      write_file_atomic(file, track_media({.observed = {path.begin(), path.begin() + 8}}));
      const PointPath future(path.begin() + 8, path.end());
      futures_.push_back(future);
      manifest << Json({{"key", std::to_string(i)},
                        {"path", file.string()},
                        {"objects", {{{"class", "agent"}, {"attributes", {{"future", future}}}}}}})
                      .dump()
               << "\n";
    }
  }

  [[nodiscard]] TrainJob lesson(const std::string& out, int steps) const {
    auto lesson = job(out, steps);
    lesson.settings.task = "trajectory";
    lesson.settings.classes = {"agent"};
    lesson.settings.train.width = 24;
    lesson.settings.train.flip_x = false;
    lesson.val = data();
    return lesson;
  }

  std::vector<PointPath> futures_;
};

TEST_F(Paths, LearnsToTurnAndSaysHowLikelyEachWayIs) {
  ASSERT_EQ(train(lesson("m", 400)), TrainEnd::kDone);
  const Json metrics = read_json(path("m") / "done.json")["metrics"];
  EXPECT_EQ(metrics["tracks"], kAgents);
  EXPECT_LT(metrics["ade"].get<double>(), 0.5 * metrics["constant_velocity_ade"].get<double>());
  auto model = load_model(path("m"));
  std::int64_t parameters = 0;
  for (const auto& parameter : model.net->parameters()) {
    parameters += parameter.numel();
  }
  EXPECT_EQ(parameters, 18027);
  const auto lines = predict("m", 4);
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(kAgents));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& said = lines[i]["predictions"][0];
    const auto modes = said["attributes"]["modes"];
    ASSERT_EQ(modes.size(), 3U);
    double sum = 0;
    for (const auto& mode : modes) {
      sum += mode["probability"].get<double>();
    }
    EXPECT_NEAR(sum, 1, 1e-4);
    EXPECT_EQ(said["score"], modes[0]["probability"]);
    EXPECT_GE(said["score"].get<double>(), modes[2]["probability"].get<double>());
    EXPECT_FALSE(said.contains("box"));
    const auto path = parse_path(modes[0]["path"], "mode");
    EXPECT_NEAR(lines[i]["loss"].get<double>(), kernels::average_displacement(path, futures_[i]),
                1e-3);
  }
}

TEST_F(Paths, ATrackIsTheSameWhereverItIs) {
  const PointPath observed = {{3, 4}, {3, 6}, {3, 9}};
  const auto frame = frame_of(observed);
  EXPECT_NEAR(frame.into({3, 9})[0], 0, 1e-12);
  EXPECT_NEAR(frame.into({3, 11})[0], 2, 1e-12);  // ahead
  EXPECT_NEAR(frame.into({2, 9})[1], 1, 1e-12);   // to the left
  const auto back = frame.out_of(frame.into({7, -1}));
  EXPECT_NEAR(back[0], 7, 1e-12);
  EXPECT_NEAR(back[1], -1, 1e-12);
}

TEST_F(Paths, TracksThatDoNotFitAreLeftOutOrRefused) {
  train(lesson("m", 2));
  write_file_atomic(path("short.json"), R"({"observed":[[0,0],[1,0]],"dt":0.4})");
  write_file_atomic(path("broken.json"), R"({"observed":[[0,0],["x",0]]})");
  std::ofstream manifest(data(), std::ios::app);
  for (const char* name : {"short", "broken"}) {
    manifest << Json({{"key", name}, {"path", path(std::string(name) + ".json").string()}}).dump()
             << "\n";
  }
  manifest.close();
  const auto lines = predict("m", 0);
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(kAgents) + 2);
  EXPECT_EQ(lines[kAgents]["key"], "short");
  EXPECT_NE(lines[kAgents]["error"].get<std::string>().find("8 observed"), std::string::npos);
  EXPECT_TRUE(lines[kAgents + 1].contains("error"));
  std::ofstream(data()) << "";
  EXPECT_THROW(train(lesson("none", 2)), Error);
}

}  // namespace
}  // namespace spotter::nn
