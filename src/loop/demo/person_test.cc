#include "loop/demo/person.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace spotter::demo {
namespace {

Json slice(const char* name, double low, double delta, double high) {
  return {{"name", name}, {"low", low}, {"delta", delta}, {"high", high}};
}

Json report(const char* verdict, const Json& slices) {
  return {{"verdict", verdict}, {"reasons", {"fog: label about 40 more"}}, {"slices", slices}};
}

const Json kGain = slice("rain", 0.1, 0.2, 0.3);
const Json kUnclear = slice("fog", -0.1, 0.01, 0.1);
const Json kLoss = slice("night", -0.3, -0.2, -0.1);

TEST(ScriptedPerson, FollowsAGateThatCanDecide) {
  EXPECT_EQ(choose(report("pass", Json::array({kUnclear})), 0).decision, "ship");
  EXPECT_TRUE(choose(report("pass", Json::array({kUnclear})), 0).undecided.empty());
  const auto failed = choose(report("fail", Json::array({kGain, kLoss})), 0);
  EXPECT_EQ(failed.decision, "hold");
  EXPECT_NE(failed.note.find("fog: label about 40 more"), std::string::npos);
}

TEST(ScriptedPerson, ShipsTheUndecidedOnlyOnEvidence) {
  const auto shipped = choose(report("inconclusive", Json::array({kUnclear, kGain})), 0);
  EXPECT_EQ(shipped.decision, "ship");
  EXPECT_EQ(shipped.undecided, "fog: label about 40 more");
  EXPECT_NE(shipped.note.find("rain +0.200 (+0.100 … +0.300)"), std::string::npos) << shipped.note;
  EXPECT_EQ(choose(report("inconclusive", Json::array({kUnclear})), 0).decision, "hold");
  const auto lost = choose(report("inconclusive", Json::array({kGain, kLoss})), 0);
  EXPECT_EQ(lost.decision, "hold");
  EXPECT_NE(lost.note.find("night -0.200"), std::string::npos) << lost.note;
}

TEST(ScriptedPerson, LooksForALeakWhenAGainIsTooGood) {
  EXPECT_EQ(choose(report("hold", Json::array({kGain})), 2).decision, "hold");
  const auto clean = choose(report("hold", Json::array({kGain})), 0);
  EXPECT_EQ(clean.decision, "ship");
  EXPECT_NE(clean.note.find("no scene is in both"), std::string::npos);
}

}  // namespace
}  // namespace spotter::demo
