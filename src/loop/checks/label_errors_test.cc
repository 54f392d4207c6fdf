#include <string>

#include <gtest/gtest.h>

#include "domain/proposal.h"
#include "loop/checks/check_scene.h"

namespace spotter::checks {
namespace {

// Sixty samples whose one cone or car is found, a little beside its label.
CheckScene sound_scene() {
  CheckScene scene;
  for (int i = 0; i < 60; ++i) {
    const char* kind = i % 2 == 0 ? "cone" : "car";
    scene.add(std::to_string(i), {labelled("0", kind, square(10, 10, 40))},
              {predicted(kind, 0.5 + 0.007 * i, square(10 + i % 5, 10, 40)),
               predicted("cone", 0.05, square(300, 300, 20))});
  }
  return scene;
}

const Finding& only(const CheckOutput& output) {
  EXPECT_EQ(output.findings.size(), 1U);
  return output.findings.at(0);
}

TEST(LabelErrors, SoundLabelsGiveNothing) {
  auto scene = sound_scene();
  const auto output = scene.run(find_check("label_errors"));
  EXPECT_TRUE(output.findings.empty());
  EXPECT_EQ(output.examined, std::vector<std::uint8_t>(60, 1));
  EXPECT_EQ(output.objects.size(), 60U);
}

TEST(LabelErrors, ProposesToAddAnOverlookedObject) {
  auto scene = sound_scene();
  scene.add("new", {},
            {predicted("cone", 0.1, square(200, 0, 30)), predicted("car", 0.9, square(0, 0, 30))});
  const auto output = scene.run(find_check("label_errors"));
  const auto& finding = only(output);
  EXPECT_EQ(finding.error, "label_missing");
  EXPECT_EQ(finding.object, "p1");
  const auto proposal = proposal_of(finding);
  ASSERT_TRUE(proposal.has_value());
  EXPECT_EQ(proposal->action, "add");
  EXPECT_EQ(proposal->class_name, "car");
  EXPECT_EQ(proposal->box, square(0, 0, 30));
  EXPECT_TRUE(proposal->object.empty());
}

TEST(LabelErrors, ProposesAnotherClass) {
  auto scene = sound_scene();
  scene.add("new", {labelled("7", "cone", square(0, 0, 30))},
            {predicted("car", 0.9, square(0, 0, 30))}, 2.5);
  const auto output = scene.run(find_check("label_errors"));
  const auto& finding = only(output);
  EXPECT_EQ(finding.error, "label_class");
  EXPECT_EQ(finding.object, "7");
  EXPECT_EQ(finding.class_name, "cone");
  EXPECT_EQ(proposal_of(finding)->action, "set_class");
  EXPECT_EQ(proposal_of(finding)->class_name, "car");
  const Json evidence = parse_json(finding.evidence, "evidence");
  EXPECT_EQ(evidence["loss"], 2.5);
  EXPECT_EQ(evidence["loss_rank"], 1.0);
  EXPECT_NEAR(evidence["model_error"].get<double>(), 1 - finding.score, 1e-12);
}

TEST(LabelErrors, ProposesAnotherBoxAndRemoval) {
  auto scene = sound_scene();
  scene.add("moved", {labelled("1", "cone", square(20, 0, 30))},
            {predicted("cone", 0.9, square(0, 0, 30))});
  scene.add("invented", {labelled("2", "car", square(0, 0, 30))}, {});
  const auto output = scene.run(find_check("label_errors"));
  ASSERT_EQ(output.findings.size(), 2U);
  EXPECT_EQ(output.findings[0].error, "label_box");
  EXPECT_EQ(proposal_of(output.findings[0])->action, "set_box");
  EXPECT_EQ(proposal_of(output.findings[0])->box, square(0, 0, 30));
  EXPECT_EQ(output.findings[1].error, "label_spurious");
  EXPECT_EQ(proposal_of(output.findings[1])->action, "remove");
  EXPECT_EQ(proposal_of(output.findings[1])->object, "2");
}

TEST(LabelErrors, ClassesByConfidentLearning) {
  CheckScene scene;
  scene.task = "classification";
  scene.classes = {"cat", "dog"};
  const auto add = [&](const char* key, const char* given, double cat) {
    auto p = predicted(cat > 0.5 ? "cat" : "dog", std::max(cat, 1 - cat), square(0, 0, 8));
    p.probabilities = {cat, 1 - cat};
    scene.add(key, {labelled("0", given, square(0, 0, 8))}, {p});
  };
  add("a", "cat", .9);
  add("b", "cat", .8);
  add("c", "cat", .2);
  add("d", "dog", .1);
  add("e", "dog", .3);
  auto bare = predicted("cat", 1, square(0, 0, 8));
  scene.add("f", {labelled("0", "cat", square(0, 0, 8))}, {bare});  // no probabilities
  const auto output = scene.run(find_check("label_errors"));
  const auto& finding = only(output);
  EXPECT_EQ(finding.sample, "c");
  EXPECT_EQ(finding.error, "label_class");
  EXPECT_NEAR(finding.score, .8, 1e-12);
  EXPECT_EQ(proposal_of(finding)->class_name, "dog");
  EXPECT_EQ(output.examined, (std::vector<std::uint8_t>{1, 1, 1, 1, 1, 0}));
}

TEST(LabelErrors, OneClassOnlyIsNoError) {
  CheckScene scene;
  scene.task = "classification";
  scene.classes = {"cat", "dog"};
  auto p = predicted("cat", 1, square(0, 0, 8));
  p.probabilities = {1, 0};
  scene.add("a", {labelled("0", "cat", square(0, 0, 8))}, {p});
  EXPECT_TRUE(scene.run(find_check("label_errors")).findings.empty());
}

}  // namespace
}  // namespace spotter::checks
