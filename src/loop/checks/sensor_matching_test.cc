#include "loop/checks/sensor_matching.h"

#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "base/random.h"

namespace spotter::checks {
namespace {

// A camera 0.9 m above the ground that looks along x; cones of 0.36 m, boxes of its picture.
struct Place {
  double x = 0, y = 0;
  [[nodiscard]] Box box() const {
    const double u = 1000 - 1200 * y / x;
    const double v = 700 + 1200 * 0.9 / x;
    return {u - 150 / x, v - 215 / x, u + 150 / x, v + 215 / x};
  }
};

// What a lidar and a camera say of frames of 2000 x 1400 pixels.
struct Scenes {
  std::vector<Sample> samples;
  std::vector<LabelSet> sensor;
  std::vector<lake::ModelOutput> outputs;
  std::vector<std::string> classes = {"cone", "drum"};
  Json parameters;

  void add(const std::vector<Place>& lidar, const std::vector<Box>& camera,
           const std::string& attributes = "") {
    Sample sample;
    sample.key = "f" + std::to_string(samples.size());
    sample.width = 2000;
    sample.height = 1400;
    sample.attributes = attributes;
    samples.push_back(sample);
    LabelSet set{.sample = sample.key, .layer = "lidar"};
    for (const auto& place : lidar) {
      Label label{.object = std::to_string(set.labels.size()), .class_name = "cluster"};
      label.box = place.box();
      label.attributes = Json{{"x", place.x},
                              {"y", place.y},
                              {"distance_m", std::hypot(place.x, place.y)},
                              {"points", 9}}
                             .dump();
      set.labels.push_back(std::move(label));
    }
    sensor.push_back(std::move(set));
    lake::ModelOutput output;
    output.set.sample = sample.key;
    for (const auto& box : camera) {
      Prediction prediction;
      prediction.class_name = "cone";
      prediction.score = 0.9;
      prediction.box = box;
      output.set.predictions.push_back(prediction);
    }
    outputs.push_back(std::move(output));
  }

  CheckInput input() {
    CheckInput input;
    input.task = "detection";
    input.classes = classes;
    input.samples = samples;
    input.parameters = &parameters;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      input.sensor.push_back(&sensor[i]);
      input.outputs.push_back(&outputs[i]);
    }
    return input;
  }

  // "sample/object error" of every finding.
  std::set<std::string> findings(const Json& given) {
    const Check& check = find_check("sensor_disagreement");
    parameters = resolve(check, given);
    std::set<std::string> found;
    for (const auto& finding : check.run(input()).findings) {
      EXPECT_GE(finding.score, 0);
      EXPECT_LE(finding.score, 1);
      found.insert(finding.sample + "/" + finding.object + " " + finding.error);
    }
    return found;
  }
};

std::vector<Place> track(Rng& rng) {
  std::vector<Place> places;
  for (int i = 0; i < 6; ++i) {
    const double x = rng.uniform(4 + 4 * i, 7 + 4 * i);
    places.push_back({x, rng.uniform(-0.5, 0.5) * x});
  }
  return places;
}

// The usual: both see all, within a tenth of a cone's height.
Scenes usual_scenes(double shift_heights = 0) {
  Rng rng(11);
  Scenes scenes;
  for (int f = 0; f < 20; ++f) {
    const auto places = track(rng);
    std::vector<Box> boxes;
    for (const auto& place : places) {
      Box box = place.box();
      const double dx = (shift_heights + 0.05 * rng.normal()) * box.height();
      const double dy = 0.05 * rng.normal() * box.height();
      boxes.push_back({box.x1 + dx, box.y1 + dy, box.x2 + dx, box.y2 + dy});
    }
    scenes.add(places, boxes);
  }
  return scenes;
}

TEST(SensorMatching, AgreementGivesNoFinding) {
  EXPECT_TRUE(usual_scenes().findings({{"gate", 0.5}}).empty());
  EXPECT_TRUE(usual_scenes().findings(Json::object()).empty());
}

TEST(SensorMatching, OnePredictionExplainsOneCluster) {
  auto scenes = usual_scenes();
  const Place place{10, 0};
  scenes.add({place, {10, 0.08}}, {place.box()});
  EXPECT_TRUE(scenes.findings(Json::object()).empty()) << "any prediction at the place will do";
  EXPECT_EQ(scenes.findings({{"gate", 0.5}}), std::set<std::string>{"f20/1 miss"});
}

TEST(SensorMatching, AFalseAlarmIsWhatTheSensorShouldSee) {
  auto scenes = usual_scenes();
  const Place near{9, 1};
  const Place far{60, 1};
  const Box beside{2, 800, 20, 848};  // left of all that the lidar ever saw
  scenes.add({{6, -2}}, {Place{6, -2}.box(), near.box(), far.box(), beside});
  EXPECT_EQ(scenes.findings({{"gate", 0.5}}), std::set<std::string>{"f20/p1 false_alarm"});
  EXPECT_TRUE(scenes.findings({{"gate", 0.5}, {"range_m", 0}}).empty());
  EXPECT_TRUE(scenes.findings(Json::object()).empty()) << "only with a gate";
}

TEST(SensorMatching, TheUsualDisplacementIsLearned) {
  auto scenes = usual_scenes(0.4);
  const Place place{10, 0};
  Box box = place.box();
  const double height = box.height();
  scenes.add({place}, {{box.x1 - 0.3 * height, box.y1, box.x2 - 0.3 * height, box.y2}});
  // 0.3 to the left, where 0.4 to the right is usual, is another object.
  const std::set<std::string> expected = {"f20/0 miss", "f20/p0 false_alarm"};
  EXPECT_EQ(scenes.findings({{"gate", 0.6}}), expected);
  scenes.parameters = resolve(find_check("sensor_disagreement"), {{"gate", 0.6}});
  const SensorMatching matching(scenes.input(), {.gate = 0.6});
  EXPECT_NEAR(matching.shift_x(), -0.4, 0.03);
  EXPECT_NEAR(matching.shift_y(), 0, 0.03);
  EXPECT_LT(matching.gate(), 0.5);
}

TEST(SensorMatching, OfTwoClassesOnlyTheSameMatch) {
  auto scenes = usual_scenes();
  const Place place{10, 0};
  scenes.add({place}, {place.box()});
  scenes.sensor.back().labels[0].class_name = "drum";
  const std::set<std::string> expected = {"f20/0 miss", "f20/p0 false_alarm"};
  EXPECT_EQ(scenes.findings({{"gate", 0.5}}), expected);
}

// The lidar looked 0.2 s before the camera, at 10 m/s in a bend.
TEST(SensorMatching, ATimeOffsetIsMadeUpForByTheVehiclesMotion) {
  constexpr double kOffset = -0.2;
  constexpr double kSpeed = 10;
  constexpr double kYawRate = 0.3;
  Rng rng(5);
  Scenes scenes;
  for (int f = 0; f < 30; ++f) {
    const auto places = track(rng);
    std::vector<Box> boxes;
    for (const auto& place : places) {
      const double turn = kYawRate * kOffset;
      const Place then{std::cos(turn) * place.x - std::sin(turn) * place.y + kSpeed * kOffset,
                       std::sin(turn) * place.x + std::cos(turn) * place.y};
      boxes.push_back(then.box());
    }
    scenes.add(places, boxes, Json{{"speed_mps", kSpeed}, {"yaw_rate_radps", kYawRate}}.dump());
  }
  EXPECT_GT(scenes.findings({{"gate", 0.5}}).size(), 50U);
  EXPECT_TRUE(scenes.findings({{"gate", 0.5}, {"time_offset_s", kOffset}}).empty());
}

// The same motion, from poses of frames a second apart.
TEST(SensorMatching, TheMotionComesFromPosesToo) {
  constexpr double kOffset = 0.3;
  Rng rng(6);
  Scenes scenes;
  for (int f = 0; f < 20; ++f) {
    const auto places = track(rng);
    std::vector<Box> boxes;
    for (const auto& place : places) {
      boxes.push_back(Place{place.x + 4 * kOffset, place.y}.box());
    }
    scenes.add(places, boxes,
               Json{{"ego_x_m", 4.0 * f}, {"ego_y_m", 2.0}, {"ego_yaw_rad", 0.0}}.dump());
    scenes.samples.back().sequence = "s";
    scenes.samples.back().frame = f;
    scenes.samples.back().captured_at = 1'700'000'000'000 + 1000 * f;
  }
  EXPECT_GT(scenes.findings({{"gate", 0.5}}).size(), 20U);
  EXPECT_TRUE(scenes.findings({{"gate", 0.5}, {"time_offset_s", kOffset}}).empty());
}

}  // namespace
}  // namespace spotter::checks
