#include <map>
#include <string>

#include <gtest/gtest.h>

#include "domain/proposal.h"
#include "loop/checks/check.h"

namespace spotter::checks {
namespace {

Label labelled(const std::string& object, const std::string& class_name, const Box& box,
               const std::string& track = "") {
  Label label;
  label.object = object;
  label.class_name = class_name;
  label.box = box;
  label.track = track;
  return label;
}

// Frames of one recording, 100 x 80 pixels.
struct Recording {
  std::vector<Sample> samples;
  std::vector<LabelSet> sets;
  std::vector<std::string> classes = {"cone", "vehicle"};
  std::string task = "detection";

  void add(std::vector<Label> labels) {
    Sample sample;
    sample.frame = static_cast<std::int64_t>(samples.size());
    sample.key = "f" + std::to_string(sample.frame);
    sample.sequence = "s";
    sample.width = 100;
    sample.height = 80;
    samples.push_back(sample);
    sets.push_back({.sample = sample.key, .labels = std::move(labels)});
  }

  CheckOutput run() {
    const Check& check = find_check("label_sanity");
    const Json parameters = resolve(check, Json::object());
    CheckInput input;
    input.task = task;
    input.classes = classes;
    input.samples = samples;
    input.parameters = &parameters;
    for (const auto& set : sets) {
      input.labels.push_back(&set);
    }
    return check.run(input);
  }

  // By sample and object.
  std::map<std::string, Finding> findings() {
    std::map<std::string, Finding> by_place;
    for (auto& finding : run().findings) {
      EXPECT_EQ(finding.error, "label_invalid");
      EXPECT_GE(finding.score, 0);
      EXPECT_LE(finding.score, 1);
      EXPECT_TRUE(by_place.emplace(finding.sample + "/" + finding.object, finding).second)
          << "one finding a label: " << finding.object;
    }
    return by_place;
  }
};

std::string problem_of(const Finding& finding) {
  return parse_json(finding.evidence, "evidence").value("problem", "");
}

TEST(LabelSanity, GoodLabelsAreLeftAlone) {
  Recording recording;
  recording.add({labelled("1", "cone", {0, 0, 10, 10}), labelled("2", "vehicle", {5, 5, 60, 60})});
  const auto output = recording.run();
  EXPECT_TRUE(output.findings.empty());
  EXPECT_EQ(output.examined, std::vector<std::uint8_t>{1});
  EXPECT_EQ(output.objects.size(), 2U);
}

TEST(LabelSanity, NamesEachProblemOfOneFrameWithItsRepair) {
  Recording recording;
  recording.add(
      {labelled("class", "Cones", {1, 1, 9, 9}), labelled("odd", "tree", {20, 1, 29, 9}),
       labelled("out", "cone", {90, 10, 110, 30}), labelled("away", "cone", {120, 10, 130, 30}),
       labelled("flat", "cone", {40, 10, 40, 30}), labelled("tiny", "cone", {50, 10, 51, 30}),
       labelled("first", "cone", {60, 40, 80, 60}), labelled("again", "cone", {60, 40, 80, 60.5}),
       labelled("other", "vehicle", {60, 40, 80, 60})});
  const auto found = recording.findings();
  const std::map<std::string, std::pair<std::string, std::string>> expected = {
      {"f0/class", {"unknown_class", "set_class"}}, {"f0/odd", {"unknown_class", ""}},
      {"f0/out", {"out_of_frame", "set_box"}},      {"f0/away", {"out_of_frame", "remove"}},
      {"f0/flat", {"no_size", "remove"}},           {"f0/tiny", {"tiny", "remove"}},
      {"f0/again", {"duplicate", "remove"}},        {"f0/other", {"two_classes", ""}}};
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [place, what] : expected) {
    ASSERT_TRUE(found.contains(place)) << place;
    EXPECT_EQ(problem_of(found.at(place)), what.first) << place;
    const auto proposal = proposal_of(found.at(place));
    EXPECT_EQ(proposal ? proposal->action : "", what.second) << place;
  }
  EXPECT_EQ(proposal_of(found.at("f0/class"))->class_name, "cone");
  EXPECT_EQ(proposal_of(found.at("f0/out"))->box, (Box{90, 10, 100, 30}));
  EXPECT_EQ(proposal_of(found.at("f0/again"))->object, "again");
}

TEST(LabelSanity, SeveralProblemsOfALabelAreOneFinding) {
  Recording recording;
  recording.add({labelled("1", "cone", {10, 10, 11, 30}), labelled("2", "cone", {10, 10, 11, 30})});
  const auto found = recording.findings();
  ASSERT_TRUE(found.contains("f0/2"));
  EXPECT_EQ(problem_of(found.at("f0/2")), "duplicate");
  EXPECT_NE(found.at("f0/2").evidence.find(R"("also":"tiny")"), std::string::npos);
}

TEST(LabelSanity, CrowdsAndIgnoredRegionsMayOverlapAndBeSmall) {
  Recording recording;
  Label crowd = labelled("1", "cone", {10, 10, 30, 30});
  crowd.crowd = true;
  Label ignored = labelled("2", "cone", {50, 10, 51, 30});
  ignored.ignore = true;
  ignored.class_name = "DontCare";
  recording.add({crowd, labelled("3", "cone", {10, 10, 30, 30}), ignored});
  EXPECT_TRUE(recording.findings().empty());
}

TEST(LabelSanity, AClassFlipInATrackIsSetBack) {
  Recording recording;
  for (int f = 0; f < 5; ++f) {
    const double x = 10 + 2.0 * f;
    recording.add({labelled("1", f == 2 ? "vehicle" : "cone", {x, 10, x + 10, 20}, "t")});
  }
  const auto found = recording.findings();
  ASSERT_EQ(found.size(), 1U);
  ASSERT_TRUE(found.contains("f2/1"));
  EXPECT_EQ(problem_of(found.at("f2/1")), "class_flip");
  EXPECT_EQ(proposal_of(found.at("f2/1"))->class_name, "cone");
}

TEST(LabelSanity, ASizeJumpIsInterpolatedUnlessTheEdgeCutsTheObject) {
  Recording recording;
  for (int f = 0; f < 5; ++f) {
    const double side = f == 2 ? 30 : 10;
    recording.add({labelled("1", "cone", {20, 20, 20 + side, 20 + side}, "t"),
                   labelled("2", "cone", {0, 60, f == 2 ? 4.0 : 12.0, 70}, "leaves")});
  }
  const auto found = recording.findings();
  ASSERT_EQ(found.size(), 1U);
  ASSERT_TRUE(found.contains("f2/1"));
  EXPECT_EQ(problem_of(found.at("f2/1")), "size_jump");
  EXPECT_EQ(proposal_of(found.at("f2/1"))->box, (Box{20, 20, 30, 30}));
}

TEST(LabelSanity, TrajectoriesHaveNoBoxesToJudge) {
  Recording recording;
  recording.task = "trajectory";
  recording.classes = {"agent"};
  recording.add({labelled("1", "agent", {})});
  EXPECT_TRUE(recording.findings().empty());
}

TEST(LabelSanity, OnePictureWithTwoClassesIsALabelDoubtOnBoth) {
  Recording recording;
  recording.task = "classification";
  for (const char* class_name : {"cone", "vehicle", "cone", "cone", "cone"}) {
    recording.add({labelled("0", class_name, {})});
  }
  for (std::size_t s = 0; s < 2; ++s) {
    recording.samples[s].media = "pair";
  }
  recording.samples[2].media = recording.samples[3].media = "agreed";
  const auto found = recording.run().findings;
  ASSERT_EQ(found.size(), 2U);
  for (std::size_t s = 0; s < 2; ++s) {
    EXPECT_EQ(found[s].sample, recording.samples[s].key);
    EXPECT_EQ(found[s].error, "label_class");
    EXPECT_EQ(problem_of(found[s]), "same_picture");
    EXPECT_DOUBLE_EQ(found[s].score, 0.5);
    EXPECT_FALSE(proposal_of(found[s]));
  }
  recording.samples[4].media = "pair";  // two say cone, one vehicle
  const auto more = recording.run().findings;
  ASSERT_EQ(more.size(), 3U);
  const auto proposal = proposal_of(more[1]);
  ASSERT_TRUE(proposal);
  EXPECT_EQ(proposal->class_name, "cone");
  EXPECT_FALSE(proposal_of(more[0]));
}

}  // namespace
}  // namespace spotter::checks
