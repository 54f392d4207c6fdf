#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "loop/checks/check_scene.h"

namespace spotter::checks {
namespace {

Prediction unsure(double score, std::vector<double> probabilities) {
  auto p = predicted("cone", score, square(0, 0, 10));
  p.probabilities = std::move(probabilities);
  return p;
}

Json evidence_of(const Finding& finding) {
  return parse_json(finding.evidence, "evidence");
}

TEST(Uncertainty, SignalsAreThoseComputedByHand) {
  CheckScene scene;
  auto p = unsure(.6, {.6, .2});
  p.mutual_information = .1;
  p.aleatoric = {1, 1, 2, 2};
  p.epistemic = {1, 1, 1, 1};
  scene.add("a", {}, {p});
  scene.add("b", {}, {unsure(.9, {.9, 0})});
  scene.add("c", {}, {unsure(.95, {.9, 0})});
  const auto output = scene.run(find_check("uncertainty"), {{"object_share", .3}, {"share", 0}});
  ASSERT_EQ(output.findings.size(), 1U);
  const auto& finding = output.findings[0];
  EXPECT_EQ(finding.sample, "a");
  EXPECT_EQ(finding.object, "p0");
  EXPECT_EQ(finding.error, "uncertain");
  EXPECT_EQ(finding.score, 1);
  const auto evidence = evidence_of(finding);
  EXPECT_EQ(evidence["signal"], "margin");
  EXPECT_NEAR(evidence["low_confidence"].get<double>(), .4, 1e-12);
  EXPECT_NEAR(evidence["margin"].get<double>(), .6, 1e-12);
  EXPECT_NEAR(evidence["entropy"].get<double>(),
              -(.75 * std::log(.75) + .25 * std::log(.25)) / std::log(2), 1e-12);
  EXPECT_NEAR(evidence["mutual_information"].get<double>(), .1, 1e-12);
  EXPECT_NEAR(evidence["aleatoric"].get<double>(), .15, 1e-12);
  EXPECT_NEAR(evidence["epistemic"].get<double>(), .1, 1e-12);
  EXPECT_NEAR(evidence["instability"].get<double>(), 1 - 100.0 / 144, 1e-12);
}

// Ten samples; the last has more peaks that the model did not dare to report. What is below
// peak_min says nothing.
TEST(Uncertainty, SamplesByTheShareOfLowScores) {
  CheckScene scene;
  for (int i = 0; i < 10; ++i) {
    std::vector<Prediction> predictions(8, predicted("cone", .9, square(0, 0, 10)));
    for (int low = 0; low < (i == 9 ? 6 : 1 + i % 2); ++low) {
      predictions[static_cast<std::size_t>(low)].score = .15;
    }
    predictions.insert(predictions.end(), static_cast<std::size_t>(20 - 2 * i),
                       predicted("cone", .04, square(0, 0, 10)));
    scene.add(std::to_string(i), {}, predictions);
  }
  scene.add("empty", {}, {});
  const auto output = scene.run(find_check("uncertainty"), {{"object_share", 0}, {"share", .1}});
  ASSERT_EQ(output.findings.size(), 1U);
  EXPECT_EQ(output.findings[0].sample, "9");
  EXPECT_TRUE(output.findings[0].object.empty());
  const auto evidence = evidence_of(output.findings[0]);
  EXPECT_NEAR(evidence["low_score_share"].get<double>(), .75, 1e-12);
  EXPECT_NEAR(evidence["nothing_sure"].get<double>(), .1, 1e-12);
  EXPECT_EQ(evidence["detections"], 10);
  EXPECT_EQ(output.examined, std::vector<std::uint8_t>(11, 1));
}

// More objects alone do not make a sample more unsure.
TEST(Uncertainty, AFullStreetIsNotMoreUnsure) {
  CheckScene scene;
  for (int i = 0; i < 6; ++i) {
    scene.add(std::to_string(i), {},
              std::vector<Prediction>(static_cast<std::size_t>(1 + 5 * i), unsure(.8, {.8, .1})));
  }
  for (const char* signal : {"mean_entropy", "low_score_share", "mean_low_confidence"}) {
    const auto output = scene.run(find_check("uncertainty"),
                                  {{"signal", signal}, {"share", .5}, {"object_share", 0}});
    EXPECT_TRUE(output.findings.empty()) << signal;
  }
}

TEST(Uncertainty, PicturesOfOneClassAreRankedByTheirPrediction) {
  CheckScene scene;
  scene.task = "classification";
  scene.classes = {"cone", "car"};
  for (int i = 0; i < 9; ++i) {
    scene.add(std::to_string(i), {}, {unsure(.9, {.9 + .01 * i, .1 - .01 * i})});
  }
  scene.add("doubt", {}, {unsure(.5, {.5, .5})});
  const auto output = scene.run(find_check("uncertainty"), {{"share", .1}});
  ASSERT_EQ(output.findings.size(), 1U);
  EXPECT_EQ(output.findings[0].sample, "doubt");
  EXPECT_EQ(evidence_of(output.findings[0])["signal"], "mean_margin");
}

TEST(Uncertainty, AnUnknownSignalIsRefusedWithTheKnown) {
  CheckScene scene;
  scene.add("a", {}, {});
  try {
    (void)scene.run(find_check("uncertainty"), {{"signal", "mean_entrop"}});
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("did you mean \"mean_entropy\""), std::string::npos);
  }
}

}  // namespace
}  // namespace spotter::checks
