#include <cmath>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/random.h"
#include "loop/checks/check_scene.h"

namespace spotter::checks {
namespace {

Json evidence_of(const Finding& finding) {
  return parse_json(finding.evidence, "evidence");
}

std::set<std::string> groups_of(const CheckOutput& output) {
  std::set<std::string> groups;
  for (const auto& finding : output.findings) {
    const auto evidence = evidence_of(finding);
    groups.insert(evidence["group"].get<std::string>() + " " +
                  evidence["direction"].get<std::string>());
  }
  return groups;
}

// Two hundred samples of ten detections; in rain, detections promise `promise` more than they keep.
CheckScene rainy_scene(double promise, std::uint64_t seed) {
  CheckScene scene;
  Rng rng(seed);
  for (int i = 0; i < 200; ++i) {
    const bool rain = i % 4 == 0;
    std::vector<Label> labels;
    std::vector<Prediction> predictions;
    for (int j = 0; j < 10; ++j) {
      const auto box = square(20 * j, 0, 10);
      const double keeps = rng.uniform(.3, .7);
      predictions.push_back(
          predicted(j % 2 == 0 ? "cone" : "car", std::min(.98, keeps + (rain ? promise : 0)), box));
      if (rng.chance(keeps)) {
        labels.push_back(labelled(std::to_string(j), predictions.back().class_name, box));
      }
    }
    scene.add(std::to_string(i), labels, predictions);
    scene.samples.back().width = 200;
    scene.samples.back().height = 10;
    scene.samples.back().attributes = rain ? R"({"weather":"rain"})" : R"({"weather":"sun"})";
  }
  return scene;
}

TEST(Miscalibration, NamesTheGroupAndTheDirection) {
  auto over = rainy_scene(.25, 1);
  const auto output = over.run(find_check("miscalibration"));
  const auto groups = groups_of(output);
  EXPECT_TRUE(groups.contains("weather = rain overconfident"));
  EXPECT_FALSE(groups.contains("class = cone overconfident"));
  EXPECT_FALSE(groups.contains("weather = sun underconfident"));
  for (const auto& finding : output.findings) {
    EXPECT_EQ(finding.error, "miscalibrated");
    const auto evidence = evidence_of(finding);
    if (evidence["group"] == "weather = rain") {
      EXPECT_EQ(std::stoi(finding.sample) % 4, 0);
      EXPECT_EQ(evidence["rows"], 500);
      EXPECT_NEAR(evidence["mean_score"].get<double>() - evidence["share_right"].get<double>(), .25,
                  .06);
      EXPECT_GT(evidence["ece_held_out"], 2 * evidence["ece_with_isotonic"].get<double>());
      EXPECT_GT(evidence["detection_ece"], .1);
    }
  }
  auto under = rainy_scene(-.2, 2);
  EXPECT_TRUE(
      groups_of(under.run(find_check("miscalibration"))).contains("weather = rain underconfident"));
}

TEST(Miscalibration, AnHonestModelGivesNothing) {
  int reported = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto scene = rainy_scene(0, seed);
    reported += scene.run(find_check("miscalibration")).findings.empty() ? 0 : 1;
  }
  EXPECT_LE(reported, 1);
}

TEST(Miscalibration, WhatTheModelTrainedOnIsLeftOut) {
  auto scene = rainy_scene(.25, 1);
  scene.splits.assign(200, "train");
  const auto output = scene.run(find_check("miscalibration"));
  EXPECT_TRUE(output.findings.empty());
  EXPECT_EQ(output.examined, std::vector<std::uint8_t>(200, 0));
}

// An overconfident classifier: three of four right at score .99; the temperature follows.
TEST(Miscalibration, ClassesOfWholeSamples) {
  CheckScene scene;
  scene.task = "classification";
  scene.classes = {"cat", "dog"};
  for (int i = 0; i < 400; ++i) {
    scene.add(std::to_string(i), {labelled("0", i / 2 % 4 == 0 ? "dog" : "cat", square(0, 0, 8))},
              {predicted("cat", .99, square(0, 0, 8))});
  }
  const auto output = scene.run(find_check("miscalibration"));
  ASSERT_FALSE(output.findings.empty());
  const auto evidence = evidence_of(output.findings[0]);
  EXPECT_EQ(evidence["group"], "all");
  EXPECT_NEAR(evidence["ece"].get<double>(), .99 - .75, 1e-9);
  EXPECT_NEAR(evidence["brier"].get<double>(), .75 * .0001 + .25 * .9801, 1e-9);
  EXPECT_FALSE(evidence.contains("detection_ece"));
  EXPECT_GT(evidence["temperature"], 3);
  EXPECT_LT(evidence["ece_with_temperature"], .08);  // of .24
  EXPECT_EQ(output.findings.size(), 10U);
}

}  // namespace
}  // namespace spotter::checks
