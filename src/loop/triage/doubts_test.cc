// Doubts about labels stand beside the failure modes, and what checks find becomes modes by itself.
#include <gtest/gtest.h>

#include "base/json.h"
#include "domain/finding_errors.h"
#include "domain/proposal.h"
#include "loop/triage/queue.h"
#include "loop/triage/triage.h"
#include "project/check_runs.h"
#include "project/failure_modes.h"
#include "project/scoring.h"
#include "trainer/toy_project.h"

namespace spotter::triage {
namespace {

class Doubts : public testing::Test {
 protected:
  void SetUp() override {
    model_ = toy_.add_model("m", [](int) { return 0.5; });
  }

  Project& project() { return toy_.project(); }

  // A finding of this kind on the first cone of every picture in the rain.
  void found_in_rain(const std::string& error) {
    CheckRun run{.id = "check_" + error, .check = error, .model = model_, .parameters = "{}"};
    run.examined = toy_.keys();
    run.custom = error == "wrong_class";  // in these tests what a check of spotter.yaml finds
    std::vector<Finding> findings;
    for (std::size_t i = 0; i < toy_.keys().size(); ++i) {
      const auto& key = toy_.keys()[i];
      run.objects[key]["cone"] = 2;
      if (ToyProject::rainy(static_cast<int>(i / 2))) {
        Finding f{.sample = key, .object = "0", .error = error, .class_name = "cone", .score = 0.8};
        f.evidence =
            Json{{"proposal", to_json(Proposal{.action = "remove", .object = "0"})}}.dump();
        findings.push_back(std::move(f));
      }
    }
    store_check_run(project(), run, std::move(findings));
  }

  ToyProject toy_{Config{.classes = {"cone"}}};
  std::string model_;
};

TEST_F(Doubts, AreNoFailureModes) {
  found_in_rain("label_spurious");
  found_in_rain("high_loss");
  EXPECT_TRUE(update(project(), {.model = "m"})["modes"].empty());
  const Json doubts = label_doubts(project(), "m");
  EXPECT_EQ(doubts["total"], 48);
  ASSERT_EQ(doubts["doubts"].size(), 2U);
  const Json& row = doubts["doubts"][1];
  EXPECT_EQ(row["error"], "label_spurious");
  EXPECT_EQ(row["title"], "labels of no cones");
  EXPECT_EQ(row["findings"], 24);
  EXPECT_EQ(row["samples"], 24);
  EXPECT_EQ(row["proposals"], 24);
}

TEST_F(Doubts, LeaveTheModesOfTheModelAlone) {
  found_in_rain("miss");
  found_in_rain("label_spurious");
  const Json modes = update(project(), {.model = "m"})["modes"];
  ASSERT_EQ(modes.size(), 1U);
  EXPECT_EQ(modes[0]["slice"], "weather = 'rain'");
  EXPECT_EQ(modes[0]["evidence"]["kinds"], (Json{{"miss cone", 24}}));
  found_in_rain("label_box");  // joins nothing
  EXPECT_EQ(show_mode(project(), modes[0]["id"], 1)["findings"], 24);
}

TEST_F(Doubts, AModeThatOnlyARemovedCheckFoundLosesItsRank) {
  project().config.checks = {{.name = "wrong_class"}};
  found_in_rain("wrong_class");
  const Json before = update(project(), {.model = "m"})["modes"];
  ASSERT_EQ(before.size(), 1U);
  EXPECT_GT(before[0]["rank_score"].get<double>(), 0);
  project().config.checks.clear();
  const Json after = update(project(), {.model = "m"});
  EXPECT_EQ(after["findings"], 0);
  EXPECT_EQ(after["modes"][0]["rank_score"], 0);
  EXPECT_EQ(after["modes"][0]["state"], "open");
  EXPECT_EQ(show_mode(project(), before[0]["id"], 1)["findings"], 0);
  project().config.checks = {{.name = "wrong_class"}};
  EXPECT_EQ(update(project(), {.model = "m"})["modes"][0]["rank_score"], before[0]["rank_score"]);
}

TEST_F(Doubts, AreLookedThroughInTheQueueByKind) {
  found_in_rain("miss");
  found_in_rain("label_spurious");
  found_in_rain("novel");
  const auto total = [&](const std::string& error) {
    return queue(project(), {.model = "m", .error = error})["total"].get<int>();
  };
  EXPECT_EQ(total("label_spurious"), 24);
  EXPECT_EQ(total("label_box"), 0);
  const auto id =
      findings(project(), {.check = "label_spurious", .model = "m"})["findings"][0]["id"];
  (void)judge(project(), {.ids = {id}, .verdict = "ambiguous"});
  EXPECT_EQ(label_doubts(project(), "m")["total"], 23);
}

TEST_F(Doubts, OfOlderProjectsAreTakenOffTheListAndOutOfTheGate) {
  save_failure_mode(project(), {.id = "mode_old",
                                .name = "unlabelled-cones",
                                .title = "unlabelled cones",
                                .slice = "weather = 'rain'",
                                .error = "label_missing",
                                .state = "open",
                                .evidence = "{}"});
  set_failure_mode_state(project(), "mode_old", "fixed", "", "");
  ASSERT_EQ(watched_slices(project()).size(), 2U);
  (void)update(project(), {.model = "m"});
  EXPECT_EQ(find_failure_mode(project(), "mode_old").state, "ignored");
  EXPECT_EQ(watched_slices(project()).size(), 1U);
}

TEST_F(Doubts, ChecksMakeModesOfTheChampionByThemselves) {
  found_in_rain("miss");
  const auto other = toy_.add_model("other", [](int) { return 1.0; });
  EXPECT_EQ(update_after_checks(project(), model_)["modes"], 1) << "no champion yet";
  project().catalog->execute(
      "INSERT INTO aliases (alias, model, updated_at) VALUES ('champion', $1, 1)", {model_});
  const Json before = modes(project(), true);
  EXPECT_TRUE(update_after_checks(project(), other).is_null());
  EXPECT_EQ(update_after_checks(project(), model_)["modes"], 1);
  EXPECT_EQ(modes(project(), true), before) << "nothing new, nothing changed";
}

}  // namespace
}  // namespace spotter::triage
