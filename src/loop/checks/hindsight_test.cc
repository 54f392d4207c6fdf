#include <gtest/gtest.h>

#include "domain/track.h"
#include "loop/checks/check.h"

namespace spotter::checks {
namespace {

// Owns what a CheckInput points to.
struct Window {
  std::vector<Sample> samples;
  std::vector<LabelSet> labels;
  std::vector<lake::ModelOutput> outputs;
  CheckInput input;
  Json parameters;

  void add(const Sample& sample, const PointPath& future, const std::vector<Mode>& modes,
           const std::string& split = "") {
    samples.push_back(sample);
    LabelSet set{.sample = sample.key};
    if (!future.empty()) {
      set.labels.push_back(
          {.object = "1", .class_name = "agent", .attributes = future_attributes(future)});
    }
    labels.push_back(set);
    Json list = Json::array();
    for (const auto& mode : modes) {
      list.push_back({{"probability", mode.probability}, {"path", mode.path}});
    }
    lake::ModelOutput output;
    output.set.sample = sample.key;
    output.set.predictions.push_back(
        {.class_name = "agent", .score = 1, .attributes = Json({{"modes", list}}).dump()});
    outputs.push_back(output);
    input.splits.push_back(split);
  }

  CheckOutput run(std::string_view task, const Json& given = Json::object()) {
    parameters = resolve(find_check("hindsight"), given);
    input.task = task;
    input.samples = samples;
    input.parameters = &parameters;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      input.labels.push_back(i < labels.size() ? &labels[i] : nullptr);
      input.outputs.push_back(&outputs[i]);
    }
    return find_check("hindsight").run(input);
  }
};

Sample window(const std::string& key, const std::string& source, std::int64_t frame) {
  Sample sample;
  sample.key = key;
  sample.source = source;
  sample.frame = frame;
  return sample;
}

TEST(Hindsight, AFutureThatWentElsewhereIsAFinding) {
  Window w;
  w.add(window("good", "a", 10), {{1, 0}, {2, 0}}, {{.probability = 1, .path = {{1, 0}, {2, 1}}}});
  w.add(window("bad", "a", 10), {{1, 0}, {2, 0}},
        {{.probability = 0.7, .path = {{1, 0}, {2, 6}}},
         {.probability = 0.3, .path = {{1, 0}, {2, 0.5}}}});
  w.add(window("unknown", "a", 10), {}, {{.probability = 1, .path = {{1, 0}, {2, 9}}}});
  const auto output = w.run("trajectory");
  ASSERT_EQ(output.findings.size(), 1U);
  const auto& finding = output.findings[0];
  EXPECT_EQ(finding.sample, "bad");
  EXPECT_EQ(finding.error, "wrong_future");
  EXPECT_DOUBLE_EQ(finding.score, 3.0 / 4);  // 6 m off, 2 m allowed
  const Json evidence = parse_json(finding.evidence, "evidence");
  EXPECT_EQ(evidence["final_error_m"], 6.0);
  EXPECT_EQ(evidence["best_final_error_m"], 0.5);
  EXPECT_EQ(output.examined, (std::vector<std::uint8_t>{1, 1, 0}));
}

TEST(Hindsight, FastAgentsMayBeFurtherOff) {
  Window w;
  w.add(window("car", "a", 10), {{0, 0}, {40, 0}}, {{.probability = 1, .path = {{0, 0}, {45, 0}}}});
  EXPECT_TRUE(w.run("trajectory").findings.empty());  // 5 m of 40 m
  Window strict = std::move(w);
  strict.input = {};
  strict.input.splits = {""};
  EXPECT_EQ(strict.run("trajectory", {{"share", 0}}).findings.size(), 1U);
}

// The guard: what the model learned from, or what lies in time beside it, is not judged.
TEST(Hindsight, NothingIsJudgedThatTheModelMayRemember) {
  const PointPath future = {{1, 0}, {2, 0}};
  const std::vector<Mode> wrong = {{.probability = 1, .path = {{1, 9}, {2, 9}}}};
  Window w;
  w.add(window("trained", "a", 90), future, wrong, "train");
  w.add(window("validated", "a", 90), future, wrong, "val");
  w.add(window("before the end", "a", 40), future, wrong);
  w.add(window("while training futures last", "a", 52), future, wrong);
  w.add(window("after", "a", 53), future, wrong);
  w.add(window("elsewhere", "b", 1), future, wrong);
  w.input.training_ends = {{.source = "a", .frame = 50}};
  const auto output = w.run("trajectory");
  ASSERT_EQ(output.findings.size(), 2U);
  EXPECT_EQ(output.findings[0].sample, "after");
  EXPECT_EQ(output.findings[1].sample, "elsewhere");
}

TEST(Hindsight, ATrackedBoxThatJumpsIsAFinding) {
  Window w;
  for (std::int64_t frame = 0; frame < 5; ++frame) {
    Sample sample = window("f" + std::to_string(frame), "cam", frame);
    sample.sequence = "s";
    w.samples.push_back(sample);
    w.input.splits.emplace_back();
    lake::ModelOutput output;
    const double x = 10.0 * static_cast<double>(frame) + (frame == 3 ? 200 : 0);
    output.set.predictions = {
        {.class_name = "car", .score = 1, .box = {x, 0, x + 20, 20}, .track = "7"},
        {.class_name = "car", .score = 0.5, .box = {0, 50, 20, 70}}};
    w.outputs.push_back(output);
  }
  const auto output = w.run("detection");
  ASSERT_EQ(output.findings.size(), 2U);  // away, and back
  EXPECT_EQ(output.findings[0].sample, "f3");
  EXPECT_EQ(output.findings[0].object, "p0");
  EXPECT_DOUBLE_EQ(output.findings[0].score, 1);
  EXPECT_EQ(output.findings[1].sample, "f4");
}

}  // namespace
}  // namespace spotter::checks
