#include <gtest/gtest.h>

#include "base/error.h"
#include "loop/gate/rule.h"

namespace spotter::gate {
namespace {

SliceFacts facts(double first, double second, double low, double high, double p_loss,
                 double p_gain) {
  SliceFacts f;
  f.against_champion = {.first = first,
                        .second = second,
                        .gain = second - first,
                        .low = low,
                        .high = high,
                        .scene_count = 40,
                        .truth_count = 120};
  f.p_loss_adjusted = p_loss;
  f.p_gain_adjusted = p_gain;
  return f;
}

TEST(GateRules, Win) {
  const auto& rule = rule_named("win");
  EXPECT_EQ(rule.judge(facts(.1, .4, .2, .4, 1, .001), {}).verdict, Verdict::kPass);
  EXPECT_EQ(rule.judge(facts(.4, .1, -.4, -.2, .001, 1), {}).verdict, Verdict::kFail);
  const auto unclear = rule.judge(facts(.1, .15, -.1, .2, .8, .2), {});
  EXPECT_EQ(unclear.verdict, Verdict::kInconclusive);
  EXPECT_NE(unclear.reason.find("label about"), std::string::npos);
}

TEST(GateRules, NotLose) {
  const auto& rule = rule_named("not_lose");
  EXPECT_EQ(rule.judge(facts(.5, .5, -.01, .01, .5, .5), {}).verdict, Verdict::kPass);
  EXPECT_EQ(rule.judge(facts(.5, .4, -.13, -.07, .001, 1), {}).verdict, Verdict::kFail);
  EXPECT_EQ(rule.judge(facts(.5, .49, -.1, .08, .4, .6), {}).verdict, Verdict::kInconclusive);
  // Beyond chance, but within the margin: no fail.
  EXPECT_NE(rule.judge(facts(.5, .49, -.015, -.005, .001, 1), {}).verdict, Verdict::kFail);
}

TEST(GateRules, ReportDecidesNothing) {
  EXPECT_EQ(rule_named("report").judge(facts(.5, .1, -.5, -.3, .001, 1), {}).verdict,
            Verdict::kPass);
}

TEST(GateRules, EachHasASummaryAndUnknownOnesAreRefused) {
  for (const auto* rule : all_rules()) {
    EXPECT_FALSE(rule->summary.empty());
  }
  EXPECT_THROW((void)rule_named("wins"), Error);
}

}  // namespace
}  // namespace spotter::gate
