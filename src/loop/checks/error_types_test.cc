#include <map>
#include <string>

#include <gtest/gtest.h>

#include "domain/proposal.h"
#include "loop/checks/check_scene.h"

namespace spotter::checks {
namespace {

Box square(double x, double side = 10) {
  return {x, 0, x + side, side};
}

CheckOutput run_on(const LabelSet& labels, lake::ModelOutput output,
                   const std::string& task = "detection") {
  const std::vector<std::string> classes = {"cone", "vehicle"};
  const std::vector<Sample> samples = {{.key = "a"}};
  const Json parameters = resolve(find_check("error_types"), Json::object());
  CheckInput input;
  input.task = task;
  input.classes = classes;
  input.samples = samples;
  input.labels = {&labels};
  input.outputs = {&output};
  input.parameters = &parameters;
  return find_check("error_types").run(input);
}

TEST(ErrorTypes, EachMistakeHasItsKindAndWhatItCosts) {
  LabelSet labels{.sample = "a"};
  labels.labels = {labelled("found", "cone", square(0)), labelled("swapped", "cone", square(100)),
                   labelled("shifted", "cone", square(200)),
                   labelled("missed", "cone", square(300)), labelled("crowd", "cone", square(400))};
  labels.labels[4].crowd = true;
  lake::ModelOutput output;
  output.set.predictions = {
      predicted("cone", 0.95, square(0)),           predicted("vehicle", 0.9, square(100)),
      predicted("cone", 0.85, {205, 0, 215, 10}),   predicted("cone", 0.8, {0, 1, 10, 11}),
      predicted("cone", 0.75, square(500)),         predicted("vehicle", 0.6, square(100)),
      predicted("vehicle", 0.5, {203, 0, 213, 10}), predicted("cone", 0.4, square(400)),
      predicted("cone", 0.2, square(300))};
  const auto result = run_on(labels, output);
  std::map<std::string, const Finding*> of;
  for (const auto& finding : result.findings) {
    EXPECT_TRUE(of.emplace(finding.object, &finding).second) << finding.object << " twice";
  }
  const std::map<std::string, std::pair<std::string, std::string>> expected = {
      {"swapped", {"wrong_class", "cls"}}, {"shifted", {"bad_box", "loc"}},
      {"p3", {"duplicate", "dupe"}},       {"p4", {"false_alarm", "bkg"}},
      {"p5", {"wrong_class", "cls"}},      {"p6", {"wrong_class", "cls"}},
      {"missed", {"miss", "miss"}}};
  ASSERT_EQ(of.size(), expected.size());
  for (const auto& [object, kind] : expected) {
    ASSERT_TRUE(of.contains(object)) << object;
    const Json evidence = parse_json(of[object]->evidence, "evidence");
    EXPECT_EQ(of[object]->error, kind.first) << object;
    EXPECT_EQ(evidence["type"], kind.second) << object;
    EXPECT_GE(evidence["gain"], 0) << object;
    EXPECT_GE(evidence["model_error"], 0.5);
  }
  const Json miss = parse_json(of["missed"]->evidence, "evidence");
  EXPECT_EQ(miss["gain"], 0) << "average precision counts the weak detection that found it";
  EXPECT_GT(parse_json(of["swapped"]->evidence, "evidence")["gain"], 0);
  EXPECT_EQ(miss["best_score"], 0.2);
  ASSERT_EQ(result.objects.size(), 1U);
  EXPECT_EQ(result.objects[0].count, 4) << "the crowd does not count";
}

TEST(ErrorTypes, AConfidentDetectionProposesTheLabel) {
  LabelSet labels{.sample = "a"};
  labels.labels = {labelled("swapped", "cone", square(100)),
                   labelled("shifted", "cone", square(200)),
                   labelled("doubtful", "cone", square(300))};
  lake::ModelOutput output;
  output.set.predictions = {
      predicted("vehicle", 0.9, square(100)), predicted("cone", 0.85, {205, 0, 215, 10}),
      predicted("cone", 0.8, square(500)), predicted("vehicle", 0.5, square(300))};
  std::map<std::string, std::string> action;
  for (const auto& finding : run_on(labels, output).findings) {
    const auto proposal = proposal_of(finding);
    action[finding.object] = proposal ? proposal->action : "";
  }
  const std::map<std::string, std::string> expected = {
      {"swapped", "set_class"}, {"shifted", "set_box"}, {"p2", "add"}, {"doubtful", ""}};
  EXPECT_EQ(action, expected);
}

TEST(ErrorTypes, WhatIsToBeIgnoredIsNoMistake) {
  LabelSet labels{.sample = "a"};
  labels.labels = {labelled("ignored", "cone", square(0))};
  labels.labels[0].ignore = true;
  lake::ModelOutput output;
  output.set.predictions = {predicted("cone", 0.8, square(0))};
  EXPECT_TRUE(run_on(labels, output).findings.empty());
  EXPECT_TRUE(run_on(labels, {}).findings.empty());
}

TEST(ErrorTypes, OfAClassifierEveryAnswerIsJudged) {
  LabelSet labels{.sample = "a"};
  labels.labels = {labelled("0", "cone", square(0))};
  lake::ModelOutput output;
  output.set.predictions = {predicted("vehicle", 0.2, square(0))};
  const auto findings = run_on(labels, output, "classification").findings;
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].error, "wrong_class");
  EXPECT_EQ(findings[0].object, "0");
  EXPECT_EQ(run_on(labels, output).findings[0].error, "miss") << "too weak a detection";
}

}  // namespace
}  // namespace spotter::checks
