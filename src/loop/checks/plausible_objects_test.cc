#include "loop/checks/plausible_objects.h"

#include <gtest/gtest.h>

#include "loop/checks/check_scene.h"

namespace spotter::checks {
namespace {

Label cluster(const Box& box, double height_m, double distance_m, int points = 40) {
  Label c = labelled("", "cluster", box);
  c.attributes =
      Json{{"height_m", height_m}, {"width_m", 0.3}, {"distance_m", distance_m}, {"points", points}}
          .dump();
  return c;
}

// Labelled samples with cones 30 pixels high, of which the model sees the right one; drums 45
// pixels high, a cone hidden behind a drum, and one at the picture's edge, that nobody labels; one
// that is labelled to be ignored, and a fence post through which most rays pass.
class Street {
 public:
  explicit Street(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      Sample sample;
      sample.width = 640;
      sample.height = 480;
      samples_.push_back(sample);
      const double x = 100 + static_cast<double>(i);
      sensor_.push_back({.labels = {cluster({x, 200, x + 15, 230}, 0.7, 15),
                                    cluster({x + 50, 200, x + 65, 230}, 0.7, 15),
                                    cluster({x + 100, 190, x + 130, 235}, 1.1, 12),
                                    cluster({x + 105, 200, x + 120, 230}, 0.7, 20),
                                    cluster({0, 200, 15, 230}, 0.7, 15),
                                    cluster({x + 200, 200, x + 208, 215}, 0.7, 30),
                                    cluster({x + 250, 200, x + 265, 230}, 0.7, 15, 4)}});
      labels_.push_back({.labels = {labelled("1", "cone", {x, 200, x + 15, 230}),
                                    labelled("2", "cone", {x + 50, 200, x + 65, 230}),
                                    labelled("3", "cone", {x + 200, 200, x + 208, 215})}});
      labels_.back().labels.back().ignore = true;
      outputs_.emplace_back();
      outputs_.back().set.predictions = {predicted("cone", 0.9, {x + 50, 200, x + 65, 230})};
    }
  }

  PlausibleObjects learn() {
    CheckInput input;
    input.reference_samples = samples_;
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      input.reference_labels.push_back(&labels_[i]);
      input.reference_sensor.push_back(&sensor_[i]);
      input.reference_outputs.push_back(&outputs_[i]);
    }
    return {input, {.neighbours = 10}};
  }

  std::vector<PlausibleObjects::Guess> guesses(const PredictionSet* said) {
    const auto plausible = learn();
    return plausible.guess(looks_of(samples_[0], sensor_[0], said));
  }

 private:
  std::vector<Sample> samples_;
  std::vector<LabelSet> sensor_;
  std::vector<LabelSet> labels_;
  std::vector<lake::ModelOutput> outputs_;
};

TEST(PlausibleObjects, WhatPeopleLabelIsPlausibleAndWhatTheyLeaveIsNot) {
  const auto guesses = Street(40).guesses(nullptr);
  EXPECT_GT(guesses[0].plausibility, 0.7);
  EXPECT_EQ(guesses[0].class_name, "cone");
  EXPECT_LT(guesses[2].plausibility, 0.2) << "a drum";
  EXPECT_LT(guesses[3].plausibility, 0.2) << "hidden behind a drum";
  EXPECT_LT(guesses[4].plausibility, 0.2) << "cut off by the picture's edge";
  EXPECT_LT(guesses[5].plausibility, 0.2) << "labelled to be ignored";
  EXPECT_LT(guesses[6].plausibility, 0.2) << "few points for its size and distance";
}

TEST(PlausibleObjects, TooFewToLearnFromLeavesTheModelsWord) {
  PredictionSet said;
  said.predictions = {predicted("cone", 0.25, {100, 200, 115, 230})};
  const auto guesses = Street(5).guesses(&said);
  EXPECT_NEAR(guesses[0].plausibility, 0.75, 1e-6);
  EXPECT_NEAR(guesses[1].plausibility, 1, 1e-6);
  EXPECT_EQ(guesses[0].class_name, "");
}

TEST(PlausibleObjects, SupportIsTheBestScoreAtThePlace) {
  PredictionSet said;
  said.predictions = {predicted("car", 0.4, {0, 0, 100, 100}),
                      predicted("cone", 0.2, square(8, 8, 5))};
  EXPECT_EQ(support_of(square(9, 9, 4), &said), 0.4);
  EXPECT_EQ(support_of(square(200, 9, 4), &said), 0);
  EXPECT_EQ(support_of(square(9, 9, 4), nullptr), 0);
}

TEST(PlausibleObjects, ANarrowThingAFewPixelsBesideItsDetectionIsDetected) {
  PredictionSet said;
  said.predictions = {predicted("cone", 0.7, {145, 78, 149, 87})};
  EXPECT_EQ(support_of({148, 79, 154, 88}, &said), 0.7);
  EXPECT_EQ(support_of({152, 79, 156, 88}, &said), 0) << "the next cone of a row";
  EXPECT_EQ(support_of({146, 60, 154, 88}, &said), 0) << "somebody behind it";
  said.predictions = {predicted("car", 0.9, {0, 100, 200, 180})};
  EXPECT_EQ(support_of({145, 100, 345, 180}, &said), 0) << "the car beside a car";
}

}  // namespace
}  // namespace spotter::checks
