#include "loop/gate/gate.h"

#include <optional>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "trainer/toy_project.h"

namespace spotter::gate {
namespace {

class Gate : public testing::Test {
 protected:
  static Config config() {
    Config c{.classes = {"cone"}};
    c.slices = {{.name = "rain", .where = "weather = 'rain'"}};
    c.gate.resamples = 400;
    c.gate.suspicious_gain = 0.6;  // with 24 scenes chance alone makes large gains
    return c;
  }
  void open(const Config& c) { toy_.emplace(c); }
  Project& project() { return toy_->project(); }

  template <typename Skill>
  std::string model(const std::string& name, const Skill& skill) {
    return toy_->add_model(name, skill);
  }
  std::string model(const std::string& name, double skill) {
    return toy_->add_model(name, [skill](int) { return skill; });
  }

  Json gate(const std::string& champion, const std::string& challenger,
            const std::string& control = {}) {
    return run(project(), {.champion = champion, .challenger = challenger, .control = control}, {});
  }

  static Json slice(const Json& report, const std::string& name) {
    for (const auto& s : report["slices"]) {
      if (s["name"] == name) {
        return s;
      }
    }
    return nullptr;
  }

  static constexpr int kScenes = ToyProject::kScenes;
  static bool rainy(int scene) { return ToyProject::rainy(scene); }

 private:
  std::optional<ToyProject> toy_;
};

TEST_F(Gate, ABetterModelPassesAndItsReportIsKept) {
  open(config());
  model("old", 0.6);
  model("new", 0.8);
  const Json report = gate("old", "new");
  EXPECT_EQ(report["verdict"], "pass") << report["reasons"].dump();
  const Json all = slice(report, "all");
  EXPECT_LT(all["before"].get<double>(), all["after"].get<double>());
  EXPECT_LE(all["low"].get<double>(), all["delta"].get<double>());
  EXPECT_EQ(all["scenes"], kScenes);
  EXPECT_EQ(slice(report, "rain")["truths"], kScenes * 2);
  EXPECT_FALSE(report["fixes"].empty());
  const auto html = project().blobs->get(report["html"].get<std::string>());
  EXPECT_NE(html.find("new against old"), std::string::npos);
  EXPECT_NE(html.find("data:image/jpeg;base64,"), std::string::npos);
  EXPECT_EQ(gate("old", "new").dump(), report.dump());  // stored, not made again
  EXPECT_EQ(list(project())["reports"].size(), 1U);
}

TEST_F(Gate, ALossInABlockingSliceFails) {
  open(config());
  model("old", 0.8);
  model("new", [](int scene) { return rainy(scene) ? 0.35 : 0.9; });
  const Json report = gate("old", "new");
  EXPECT_EQ(report["verdict"], "fail");
  EXPECT_EQ(slice(report, "rain")["verdict"], "fail");
  EXPECT_NE(report["reasons"].dump().find("rain"), std::string::npos);
  EXPECT_FALSE(report["regressions"].empty());
  EXPECT_THROW(approve(project(), {.note = "I want it"}), Error);
  EXPECT_EQ(approve(project(), {.decision = "hold"})["decision"]["decision"], "hold");
}

TEST_F(Gate, ALossElsewhereDoesNotBlock) {
  auto c = config();
  c.slices[0].must = "report";
  open(c);
  model("old", [](int scene) { return rainy(scene) ? 0.7 : 0.6; });
  model("new", [](int scene) { return rainy(scene) ? 0.4 : 0.9; });
  const Json report = gate("old", "new");
  EXPECT_EQ(slice(report, "rain")["verdict"], "pass");
  EXPECT_NE(report["verdict"], "fail");
}

TEST_F(Gate, TheSameModelTwicePasses) {
  open(config());
  model("old", 0.7);
  const auto twin = model("twin", 0.0);
  project().lake->add_predictions(
      "again", twin, project().lake->predictions(trainer::find_model(project(), "old").id));
  const Json report = gate("old", "twin");
  EXPECT_EQ(report["verdict"], "pass");
  EXPECT_EQ(slice(report, "all")["delta"], 0.0);
  EXPECT_TRUE(report["regressions"].empty());
}

TEST_F(Gate, AnEmptySliceFails) {
  auto c = config();
  c.slices.push_back({.name = "fog", .where = "weather = 'fog'"});
  open(c);
  model("old", 0.6);
  model("new", 0.8);
  const Json report = gate("old", "new");
  EXPECT_EQ(report["verdict"], "fail");
  EXPECT_EQ(slice(report, "fog")["verdict"], "fail");
}

TEST_F(Gate, OneSceneCannotDecide) {
  auto c = config();
  c.slices.push_back({.name = "one", .where = "sequence = 'scene 3'"});
  open(c);
  model("old", 0.6);
  model("new", 0.8);
  const Json report = gate("old", "new");
  EXPECT_EQ(slice(report, "one")["verdict"], "inconclusive");
  EXPECT_EQ(report["verdict"], "inconclusive");
  EXPECT_THROW(approve(project(), {}), Error);  // a person says why
  EXPECT_EQ(approve(project(), {.note = "the rain matters more"})["decision"]["decision"], "ship");
}

TEST_F(Gate, MustWinAsksForMoreWhereTheGainMayBeChance) {
  auto c = config();
  c.slices[0].must = "win";
  open(c);
  model("old", 0.70);
  model("new", [](int scene) { return rainy(scene) ? 0.72 : 0.7; });
  const Json report = gate("old", "new");
  EXPECT_NE(slice(report, "rain")["verdict"], "pass");
  EXPECT_NE(report["verdict"], "pass");
}

TEST_F(Gate, ASuspiciousGainIsHeld) {
  open(config());
  model("old", 0.2);
  model("new", 0.99);
  const Json report = gate("old", "new");
  EXPECT_EQ(report["verdict"], "hold");
  EXPECT_THROW(approve(project(), {}), Error);
}

TEST_F(Gate, AGainIsCreditedToTheDataOnlyOverTheControl) {
  open(config());
  model("old", 0.5);
  model("new", 0.8);
  model("control", 0.8);
  model("weak control", 0.5);
  EXPECT_FALSE(slice(gate("old", "new", "control"), "all")["credited"].get<bool>());
  EXPECT_TRUE(slice(gate("old", "new", "weak control"), "all")["credited"].get<bool>());
}

TEST_F(Gate, AFirstModelPassesWithItsFigures) {
  open(config());
  model("new", 0.8);
  const Json report = run(project(), {.challenger = "new"}, {});
  EXPECT_EQ(report["verdict"], "pass");
  EXPECT_TRUE(report["first_model"].get<bool>());
  EXPECT_FALSE(slice(report, "all").contains("delta"));
}

TEST_F(Gate, WrongNamesAreRefused) {
  open(config());
  model("old", 0.5);
  EXPECT_THROW(gate("old", "old"), Error);
  EXPECT_THROW(gate("old", "odl"), Error);
  EXPECT_THROW(run(project(), {.champion = "old", .challenger = "old", .version = "v7"}, {}),
               Error);
}

// Two equally good models: the gate must not say that the new one is worse more often than once in
// twenty.
TEST_F(Gate, EquallyGoodModelsAreRarelyFailed) {
  auto c = config();
  c.gate.resamples = 200;
  open(c);
  int failed = 0;
  constexpr int kPairs = 10;
  for (int i = 0; i < kPairs; ++i) {
    model(fmt::format("a{}", i), 0.6);
    model(fmt::format("b{}", i), 0.6);
    failed += gate(fmt::format("a{}", i), fmt::format("b{}", i))["verdict"] == "fail" ? 1 : 0;
  }
  EXPECT_LE(failed, 2);
}

}  // namespace
}  // namespace spotter::gate
