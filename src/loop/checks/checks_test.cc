#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"
#include "loop/checks/check_scene.h"

namespace spotter::checks {
namespace {

// Owns what a CheckInput points to.
struct Scene {
  std::vector<Sample> samples;
  std::vector<LabelSet> labels;
  std::vector<LabelSet> sensor;
  std::vector<lake::ModelOutput> outputs;
  Json parameters;

  void add(const std::string& key, std::vector<Label> label_list, std::vector<Label> clusters,
           std::vector<Prediction> predictions, double loss = -1) {
    Sample sample;
    sample.key = key;
    samples.push_back(sample);
    labels.push_back({.sample = key, .labels = std::move(label_list)});
    sensor.push_back({.sample = key, .layer = "lidar", .labels = std::move(clusters)});
    lake::ModelOutput output;
    output.set = {key, std::move(predictions)};
    output.loss = loss;
    outputs.push_back(std::move(output));
  }

  CheckOutput run(const Check& check, const Json& given = Json::object()) {
    parameters = resolve(check, given);
    CheckInput input;
    input.samples = samples;
    input.parameters = &parameters;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      input.labels.push_back(&labels[i]);
      input.sensor.push_back(&sensor[i]);
      input.outputs.push_back(&outputs[i]);
      input.reference_samples.push_back(samples[i]);
      input.reference_labels.push_back(&labels[i]);
      input.reference_sensor.push_back(&sensor[i]);
    }
    return check.run(input);
  }
};

TEST(Checks, RegistryIsConsistent) {
  std::set<std::string_view> names;
  for (const Check* check : all_checks()) {
    EXPECT_TRUE(names.insert(check->name).second) << check->name;
    EXPECT_FALSE(check->summary.empty());
    EXPECT_NE(check->summary.back(), '.');
    EXPECT_NE(check->run, nullptr);
    for (const auto task : check->tasks) {
      EXPECT_TRUE(task == "detection" || task == "classification" || task == "trajectory") << task;
    }
    EXPECT_NE(reference_page().find(std::string(check->name)), std::string::npos);
    for (const auto& param : check->params) {
      EXPECT_TRUE(!param.text.empty() || (param.low <= param.number && param.number <= param.high));
    }
  }
  for (const char* name :
       {"flags", "label_loss", "error_types", "sensor_disagreement", "embedding_distance"}) {
    EXPECT_EQ(find_check(name).name, name);
  }
}

// The contract of every check: nothing to look at is not an error.
TEST(Checks, EmptyInputGivesNoFinding) {
  for (const Check* check : all_checks()) {
    Scene scene;
    EXPECT_TRUE(scene.run(*check).findings.empty()) << check->name;
  }
}

TEST(Checks, UnknownNamesAndWrongParametersAreRefused) {
  try {
    (void)find_check("label_los");
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("label_loss"), std::string::npos) << e.what();
  }
  const Check& check = find_check("label_loss");
  EXPECT_THROW((void)resolve(check, {{"fenc", 1}}), Error);
  EXPECT_THROW((void)resolve(check, {{"fence", 101}}), Error);
  EXPECT_THROW((void)resolve(check, {{"fence", "high"}}), Error);
  EXPECT_EQ(resolve(check, {{"fence", 3}})["fence"], 3);
  EXPECT_THROW((void)resolve(find_check("sensor_disagreement"), {{"layer", 3}}), Error);
}

TEST(LabelLoss, SamplesWhoseLossStandsOut) {
  Scene scene;
  for (int i = 0; i < 40; ++i) {
    scene.add("s" + std::to_string(i), {}, {}, {}, i == 7 ? 9.0 : 0.5 + 0.01 * i);
  }
  const auto output = scene.run(find_check("label_loss"));
  ASSERT_EQ(output.findings.size(), 1U);
  EXPECT_EQ(output.findings[0].sample, "s7");
  EXPECT_EQ(output.findings[0].error, "high_loss");
  scene.outputs[3].loss = -1;
  EXPECT_EQ(scene.run(find_check("label_loss")).examined[3], 0) << "no loss, no word";
}

Label cluster(const std::string& object, const Box& box, double height_m) {
  Label label = labelled(object, "cluster", box);
  label.attributes = Json{{"height_m", height_m}, {"points", 20}}.dump();
  return label;
}

TEST(SensorDisagreement, ReportsUndetectedObjectsAndNotTheUsualDistractors) {
  Scene scene;
  for (int i = 0; i < 60; ++i) {
    // Cones are labelled and detected; drums are seen by the lidar only.
    const auto key = "t" + std::to_string(i);
    scene.add(key, {labelled("c", "cone", square(10, 10, 12))},
              {cluster("1", square(10, 10, 12), 0.7), cluster("2", square(60, 10, 30), 1.1)},
              {predicted("cone", 0.9, square(10, 10, 12))});
  }
  scene.add("rain", {labelled("c", "cone", square(10, 10, 12))},
            {cluster("1", square(10, 10, 12), 0.7), cluster("2", square(60, 10, 30), 1.1)}, {});
  const auto output = scene.run(find_check("sensor_disagreement"));
  ASSERT_EQ(output.findings.size(), 1U);
  EXPECT_EQ(output.findings[0].sample, "rain");
  EXPECT_EQ(output.findings[0].object, "1");
  EXPECT_EQ(output.findings[0].class_name, "cone");
  EXPECT_GT(output.findings[0].score, 0.9);
}

TEST(SensorDisagreement, WithoutReferenceEveryClusterIsPlausible) {
  Scene scene;
  scene.add("a", {}, {cluster("1", square(10, 10, 12), 0.7)}, {});
  const auto output = scene.run(find_check("sensor_disagreement"));
  ASSERT_EQ(output.findings.size(), 1U);
  EXPECT_DOUBLE_EQ(output.findings[0].score, 1);
}

// Training around the origin in scenes of four near-copies; one picture is far away.
TEST(EmbeddingDistance, ReportsTheFarPictureAndNotTheUsualOnes) {
  Rng rng(1);
  CheckInput input;
  std::vector<Sample> samples;
  constexpr std::size_t kDimensions = 8;
  const auto add_row = [&](trainer::Embeddings& table, const std::string& key, double shift) {
    table.keys.push_back(key);
    table.dimensions = kDimensions;
    for (std::size_t d = 0; d < kDimensions; ++d) {
      table.values.push_back(static_cast<float>(rng.normal() + shift));
    }
  };
  for (int i = 0; i < 400; ++i) {
    add_row(input.training_embeddings, "t" + std::to_string(i), 0);
    input.training_scenes.push_back("s" + std::to_string(i / 4));
  }
  for (int i = 0; i < 100; ++i) {
    Sample sample;
    sample.key = "p" + std::to_string(100 + i);
    samples.push_back(sample);
    add_row(input.embeddings, sample.key, i == 42 ? 6 : 0);
  }
  input.samples = samples;
  const Check& check = find_check("embedding_distance");
  const Json parameters = resolve(check, Json::object());
  input.parameters = &parameters;
  auto output = check.run(input);
  std::sort(output.findings.begin(), output.findings.end(),
            [](const Finding& a, const Finding& b) { return a.score > b.score; });
  ASSERT_FALSE(output.findings.empty());
  EXPECT_EQ(output.findings[0].sample, "p142");
  EXPECT_GT(output.findings[0].score, 0.75);
  EXPECT_LE(output.findings.size(), 6U) << "about one in a hundred usual pictures may be reported";
}

TEST(FlagsCheck, OneFindingAFlagOnTheExaminedSamples) {
  CheckInput input;
  std::vector<Sample> samples(1);
  samples[0].key = "a";
  input.samples = samples;
  input.flags = {{.id = "flag_1", .sample = "a", .reason = "green cone", .author = "ann"},
                 {.id = "flag_2", .sample = "elsewhere", .reason = "x", .author = "bob"}};
  const Json parameters = Json::object();
  input.parameters = &parameters;
  const auto output = find_check("flags").run(input);
  ASSERT_EQ(output.findings.size(), 1U);
  EXPECT_EQ(output.findings[0].object, "flag_1");
  EXPECT_NE(output.findings[0].evidence.find("green cone"), std::string::npos);
}

}  // namespace
}  // namespace spotter::checks
