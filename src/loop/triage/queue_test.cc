#include "loop/triage/queue.h"

#include <optional>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "domain/proposal.h"
#include "loop/triage/queue_items.h"
#include "loop/triage/triage.h"
#include "project/check_runs.h"
#include "trainer/toy_project.h"

namespace spotter::triage {
namespace {

Finding finding(const std::string& sample, const std::string& object, const Box& box,
                const std::string& error, double score) {
  return {.sample = sample,
          .object = object,
          .error = error,
          .class_name = "cone",
          .score = score,
          .box = box};
}

TEST(QueueItems, FindingsOfOneObjectAreOneItem) {
  std::vector<Finding> findings = {finding("a", "3", {}, "label_class", 0.4),
                                   finding("a", "p0", {11, 10, 30, 30}, "wrong_class", 0.9),
                                   finding("a", "c7", {60, 60, 70, 70}, "miss", 0.5),
                                   finding("b", "3", {10, 10, 30, 30}, "label_class", 0.2)};
  Places places;
  places.boxes[{"a", "3"}] = {10, 10, 30, 30};
  const auto items = merge_findings(findings, places);
  EXPECT_EQ(items, (std::vector<std::vector<std::size_t>>{{1, 0}, {2}, {3}}));
}

TEST(QueueItems, TheSameNumberInTwoLayersIsNotTheSameObject) {
  const std::vector<Finding> findings = {finding("a", "3", {0, 0, 10, 10}, "label_box", 0.4),
                                         finding("a", "3", {50, 50, 60, 60}, "miss", 0.9)};
  EXPECT_EQ(merge_findings(findings, {}).size(), 2U);
}

TEST(QueueItems, ATrackAndAWholeSceneAreLookedAtOnce) {
  std::vector<Finding> findings = {
      finding("a", "1", {0, 0, 9, 9}, "miss", 0.4), finding("b", "2", {5, 0, 14, 9}, "miss", 0.9),
      finding("a", "", {}, "novel", 0.3), finding("b", "", {}, "novel", 0.2),
      finding("other", "", {}, "novel", 0.2)};
  Places places;
  places.scenes = {{"a", "scene"}, {"b", "scene"}};
  places.tracks = {{{"a", "1"}, "t"}, {{"b", "2"}, "t"}};
  EXPECT_EQ(merge_findings(findings, places),
            (std::vector<std::vector<std::size_t>>{{1, 0}, {2, 3}, {4}}));
}

class Queue : public testing::Test {
 protected:
  void SetUp() override {
    toy_.emplace(Config{.classes = {"cone", "post"}});
    model_ = toy_->add_model("m", [](int) { return 0.5; });
  }
  Project& project() { return toy_->project(); }

  void found(const std::string& check, std::vector<Finding> findings) {
    CheckRun run{.id = "check_" + check, .check = check, .model = model_, .parameters = "{}"};
    run.examined = toy_->keys();
    store_check_run(project(), run, std::move(findings));
  }
  // A cone whose label is doubted by a check that proposes `proposal`.
  static Finding doubt(const std::string& sample, const std::string& object,
                       const Proposal& proposal, double score = 0.8) {
    auto f = finding(sample, object, {}, "label_class", score);
    f.evidence = Json{{"proposal", to_json(proposal)}}.dump();
    return f;
  }
  Json items(std::size_t limit = 100) {
    return queue(project(), {.model = "m", .limit = limit})["items"];
  }
  LabelSet labels(const std::string& sample) {
    return project().lake->labels(std::vector<std::string>{sample}, kLabelLayer).at(0);
  }

  std::optional<ToyProject> toy_;
  std::string model_;
};

TEST_F(Queue, TwoChannelsOnOneObjectAreOneItemThatSaysWhy) {
  // Away from the labels: where one stands, the model's error would be known.
  found("sensor_disagreement", {finding("s01-0", "c1", {70, 70, 90, 91}, "miss", 0.7)});
  found("uncertainty", {finding("s01-0", "p0", {70, 70, 90, 90}, "uncertain", 0.7),
                        finding("s02-0", "p0", {70, 70, 90, 90}, "uncertain", 0.9)});
  const Json rows = items();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0]["sample"], "s01-0");
  EXPECT_EQ(rows[0]["channels"].size(), 2U);
  EXPECT_EQ(rows[0]["channels"][0]["check"], "sensor_disagreement");
  EXPECT_EQ(rows[0]["verdict"], "model_error");
  EXPECT_GT(rows[0]["probability"].get<double>(), rows[1]["probability"].get<double>());
}

TEST_F(Queue, WhereALabelStandsOnlyItsErrorIsWorthALook) {
  const Box labelled = labels("s01-0").labels.at(0).box;
  found("sensor_disagreement", {finding("s01-0", "c1", labelled, "miss", 0.7),
                                finding("s02-0", "c1", {70, 70, 90, 91}, "miss", 0.6)});
  found("label_sanity",
        {finding("s03-0", "0", labels("s03-0").labels.at(0).box, "label_box", 0.5)});
  const Json rows = items();
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0]["sample"], "s02-0") << "nobody has labelled there";
  EXPECT_EQ(rows[1]["sample"], "s03-0") << "the label may be wrong";
  EXPECT_GT(rows[1]["worth"].get<double>(), 0.4);
  EXPECT_EQ(rows[2]["sample"], "s01-0") << "the model's error is known";
  EXPECT_LT(rows[2]["worth"].get<double>(), 0.3);
  EXPECT_GT(rows[2]["probability"].get<double>(), 0.6);
}

TEST_F(Queue, AScreenIsNotOneScene) {
  std::vector<Finding> many;
  for (int i = 0; i < 30; ++i) {
    const double x = 2.0 * i;
    many.push_back(finding("s01-0", fmt::format("c{}", i), {x, 0, x + 1, 1}, "miss", 0.9));
  }
  for (int s = 2; s < 22; ++s) {
    many.push_back(finding(fmt::format("s{:02}-0", s), "c0", {0, 0, 9, 9}, "miss", 0.5));
  }
  found("sensor_disagreement", many);
  std::set<std::string> scenes;
  for (const auto& item : items(20)) {
    scenes.insert(item["scene"].get<std::string>());
  }
  EXPECT_GE(scenes.size(), 15U);
}

TEST_F(Queue, VerdictsTeachWhichChannelIsWorthAMinute) {
  std::vector<Finding> good;
  std::vector<Finding> bad;
  for (int s = 0; s < 24; ++s) {
    good.push_back(finding(fmt::format("s{:02}-0", s), "c1", {40, 40, 49, 49}, "miss", 0.5));
    bad.push_back(finding(fmt::format("s{:02}-1", s), "c1", {0, 0, 9, 9}, "miss", 0.5));
  }
  found("my_check", good);
  found("sensor_disagreement", bad);
  EXPECT_EQ(items()[0]["channels"][0]["check"], "sensor_disagreement");
  for (int s = 0; s < 12; ++s) {
    for (const auto& item : items()) {
      const bool right = item["channels"][0]["check"] == "my_check";
      if (item["sample"] == fmt::format("s{:02}-{}", s, right ? 0 : 1)) {
        (void)judge(project(), {.ids = {item["id"].get<std::string>()},
                                .verdict = right ? "model_error" : "ignore",
                                .seconds = 3,
                                .model = "m"});
      }
    }
  }
  const Json after = queue(project(), {.model = "m", .limit = 5});
  EXPECT_EQ(after["items"][0]["channels"][0]["check"], "my_check");
  EXPECT_EQ(after["total"], 24);  // what was judged is gone
  EXPECT_EQ(after["judged"], 24);
  EXPECT_EQ(after["seconds_per_item"], 3.0);
  const Json rows = channels(project(), "m")["channels"];
  EXPECT_EQ(rows[0]["check"], "my_check");
  EXPECT_EQ(rows[0]["precision"], 1.0);
  EXPECT_EQ(rows[1]["precision"], 0.0);
  EXPECT_EQ(rows[1]["verdicts"], 12);
  EXPECT_EQ(rows[1]["findings"], 12);
  EXPECT_LT(rows[1]["expected"], rows[0]["expected"]);
}

TEST_F(Queue, AcceptingChangesTheLabelsAndUndoBringsThemBack) {
  found("label_errors",
        {doubt("s01-0", "1", {.action = "set_class", .object = "1", .class_name = "post"})});
  const Json item = items().at(0);
  EXPECT_EQ(item["verdict"], "label_error");
  EXPECT_EQ(item["proposal"]["class"], "post");
  const auto before = labels("s01-0");
  const Json said =
      judge(project(), {.ids = {item["id"].get<std::string>()}, .accept = true, .model = "m"});
  EXPECT_EQ(said["verdict"], "label_error");
  EXPECT_EQ(labels("s01-0").revision, before.revision + 1);
  EXPECT_EQ(labels("s01-0").author, "tester");
  EXPECT_EQ(labels("s01-0").labels[1].class_name, "post");
  EXPECT_TRUE(items().empty());
  (void)undo_decision(project(), "");
  EXPECT_EQ(labels("s01-0").revision, before.revision + 2);
  EXPECT_EQ(labels("s01-0").labels[1].class_name, "cone");
  EXPECT_EQ(labels("s01-0").labels[1].box, before.labels[1].box);
  EXPECT_EQ(items().size(), 1U);
  EXPECT_THROW((void)undo_decision(project(), ""), Error);
}

TEST_F(Queue, EveryKindOfProposalIsApplied) {
  found("label_errors",
        {doubt("s01-0", "1", {.action = "remove", .object = "1"}),
         doubt("s02-0", "0", {.action = "set_box", .object = "0", .box = {12, 12, 33, 300}}),
         doubt("s03-0", "p0", {.action = "add", .class_name = "cone", .box = {90, 10, 99, 30}})});
  for (const auto& item : items()) {
    (void)judge(project(), {.ids = {item["id"].get<std::string>()}, .accept = true, .model = "m"});
  }
  EXPECT_EQ(labels("s01-0").labels.size(), 1U);
  EXPECT_EQ(labels("s02-0").labels[0].box, (Box{12, 12, 33, 80}));  // clipped to the picture
  EXPECT_EQ(labels("s03-0").labels.size(), 3U);
  EXPECT_EQ(labels("s03-0").labels[2].object, "2");
}

TEST_F(Queue, AProposalThatDoesNotFitAnyMoreChangesNothing) {
  found("label_errors",
        {doubt("s01-0", "9", {.action = "remove", .object = "9"}),
         doubt("s02-0", "1", {.action = "set_class", .object = "1", .class_name = "lorry"}),
         doubt("s03-0", "1", {.action = "paint", .object = "1"})});
  for (const auto& item : items()) {
    const auto before = labels(item["sample"]).revision;
    EXPECT_THROW(
        (void)judge(project(),
                    {.ids = {item["id"].get<std::string>()}, .accept = true, .model = "m"}),
        Error);
    EXPECT_EQ(labels(item["sample"]).revision, before);
  }
  EXPECT_EQ(items().size(), 3U);
}

TEST_F(Queue, UndoRefusesWhenSomebodyChangedTheLabelsSince) {
  found("label_errors", {doubt("s01-0", "1", {.action = "remove", .object = "1"})});
  (void)judge(project(),
              {.ids = {items()[0]["id"].get<std::string>()}, .accept = true, .model = "m"});
  auto changed = labels("s01-0");
  changed.labels[0].box.x2 += 1;
  project().lake->add_labels("by hand", std::vector{changed});
  EXPECT_THROW((void)undo_decision(project(), ""), Error);
  EXPECT_EQ(labels("s01-0").labels.size(), 1U);
}

TEST_F(Queue, AChangeIsAcceptedOnce) {
  const Proposal add{.action = "add", .class_name = "cone", .box = {90, 10, 99, 30}};
  found("label_errors", {doubt("s03-0", "p0", add)});
  found("my_check", {doubt("s03-0", "p7", add)});
  const JudgeOptions accept{
      .ids = {items()[0]["id"].get<std::string>()}, .accept = true, .model = "m"};
  (void)judge(project(), accept);
  const auto once = labels("s03-0");
  EXPECT_THROW((void)judge(project(), accept), Error);
  (void)judge(project(), {.ids = accept.ids, .verdict = "label_error", .model = "m"});
  EXPECT_THROW((void)judge(project(), accept), Error);
  EXPECT_EQ(labels("s03-0").revision, once.revision);
  // What a later run finds again, with the label there already.
  found("again", {doubt("s03-0", "p9", add)});
  for (const auto& finding : findings(project(), {.check = "again", .model = "m"})["findings"]) {
    EXPECT_THROW(
        (void)judge(project(), {.ids = {finding["id"].get<std::string>()}, .accept = true}), Error);
  }
  EXPECT_EQ(labels("s03-0").revision, once.revision);
}

TEST_F(Queue, DecisionsInOnePictureAreTakenBackOneByOne) {
  found("label_errors",
        {doubt("s01-0", "0", {.action = "set_class", .object = "0", .class_name = "post"}),
         doubt("s01-0", "1", {.action = "remove", .object = "1"}),
         doubt("s02-0", "0", {.action = "remove", .object = "0"})});
  const auto before = labels("s01-0");
  const auto accept = [&](const std::string& sample) {
    for (const auto& item : items()) {
      if (item["sample"] == sample) {
        (void)judge(project(),
                    {.ids = {item["id"].get<std::string>()}, .accept = true, .model = "m"});
      }
    }
  };
  accept("s01-0");
  (void)undo_decision(project(), "");
  (void)undo_decision(project(), "");
  EXPECT_EQ(labels("s01-0").revision, before.revision + 4);
  EXPECT_EQ(labels("s01-0").labels.size(), before.labels.size());
  EXPECT_EQ(labels("s01-0").labels[0].class_name, before.labels[0].class_name);
  // A newer decision that cannot be taken back is no obstacle, and is named.
  accept("s01-0");
  accept("s02-0");
  auto changed = labels("s02-0");
  changed.labels[0].box.x2 += 1;
  project().lake->add_labels("by hand", std::vector{changed});
  EXPECT_EQ(undo_decision(project(), "")["passed_over"], Json({"s02-0"}));
  (void)undo_decision(project(), "");
  EXPECT_THROW((void)undo_decision(project(), ""), Error);
}

TEST_F(Queue, ASecondThoughtCountsAndAnUndoneOneDoesNot) {
  found("sensor_disagreement", {finding("s01-0", "c1", {0, 0, 9, 9}, "miss", 0.5)});
  const auto id = items()[0]["findings"][0].get<std::string>();
  (void)judge(project(), {.ids = {id}, .verdict = "ignore"});
  (void)judge(project(), {.ids = {id}, .verdict = "model_error"});
  EXPECT_EQ(latest_verdicts(project())[id], "model_error");
  (void)undo_decision(project(), id);
  EXPECT_EQ(latest_verdicts(project())[id], "ignore");
  EXPECT_THROW((void)judge(project(), {.ids = {id}, .verdict = "wrong"}), Error);
  EXPECT_THROW((void)judge(project(), {.ids = {"finding_x"}, .verdict = "ignore"}), Error);
  EXPECT_THROW((void)judge(project(), {.ids = {"item_x"}, .verdict = "ignore"}), Error);
  EXPECT_THROW((void)judge(project(), {.ids = {id}, .accept = true}), Error);  // proposes nothing
}

}  // namespace
}  // namespace spotter::triage
