#include "kernels/channel_fusion.h"

#include <algorithm>
#include <array>
#include <numeric>

#include <gtest/gtest.h>

#include "base/random.h"
#include "kernels/diversify.h"

namespace spotter::kernels {
namespace {

TEST(ChannelFusion, WithoutVerdictsAChannelIsBelievedAsItsPriorSays) {
  constexpr std::array<ChannelPrior, 3> precision = {{{0.9, 0}, {0.3, 1}, {0.1, 2}}};
  const ChannelFusion fusion(precision, {});
  for (std::uint32_t c = 0; c < precision.size(); ++c) {
    const Vote vote{c, 0.5};
    EXPECT_NEAR(fusion.probability({&vote, 1}), precision[c].precision, 1e-9);
  }
  const Vote top{1, 1};
  const Vote low{1, 0};
  EXPECT_GT(fusion.probability({&top, 1}), 0.3);
  EXPECT_LT(fusion.probability({&low, 1}), 0.3);
  EXPECT_NEAR(fusion.probability({}), 0.1, 1e-9);
}

TEST(ChannelFusion, HalvingWhatIsLeftOfAChannelAddsTheSameUpToItsTop) {
  constexpr std::array<ChannelPrior, 1> one = {{{0.5, 0}}};
  const ChannelFusion fusion(one, {});
  const auto at = [&](double rank) { return fusion.contribution({0, rank}); };
  EXPECT_NEAR(at(0.75) - at(0.5), 0.5, 1e-9);
  EXPECT_NEAR(at(0.875) - at(0.75), 0.5, 1e-9);
  EXPECT_NEAR(at(0.5) - at(0), 0.5, 1e-9);
  EXPECT_EQ(at(1), at(31.0 / 32));
}

TEST(ChannelFusion, TwoChannelsThatAgreeAreBelievedMoreThanOne) {
  constexpr std::array<ChannelPrior, 2> precision = {{{0.5, 0}, {0.5, 1}}};
  const ChannelFusion fusion(precision, {});
  const std::array both = {Vote{0, 0.5}, Vote{1, 0.5}};
  EXPECT_NEAR(fusion.probability(both), 0.9, 1e-9);  // log-odds add up: 0 + 0 − logit(0.1)
}

TEST(ChannelFusion, AWordThatHalfCountsAddsHalf) {
  constexpr std::array<ChannelPrior, 2> precision = {{{0.5, 0}, {0.5, 1}}};
  const ChannelFusion fusion(precision, {});
  const Vote whole{0, 0.8};
  const Vote half{0, 0.8, 0.5};
  EXPECT_NEAR(fusion.contribution(half), fusion.contribution(whole) / 2, 1e-12);
}

TEST(ChannelFusion, VerdictsMoveAChannelToItsPrecision) {
  constexpr std::array<ChannelPrior, 2> precision = {{{0.2, 0}, {0.8, 1}}};
  std::vector<JudgedVotes> judged;
  for (int i = 0; i < 400; ++i) {
    judged.push_back({{{0, (i % 10) / 10.0}}, i % 10 < 9 ? 1.0 : 0.0});
    judged.push_back({{{1, (i % 10) / 10.0}}, i % 10 == 9 ? 1.0 : 0.0});
  }
  const ChannelFusion fusion(precision, judged);
  const Vote first{0, 0.45};
  const Vote second{1, 0.45};
  EXPECT_GT(fusion.probability({&first, 1}), 0.85);
  EXPECT_LT(fusion.probability({&second, 1}), 0.2);
}

TEST(ChannelFusion, AChannelThatRepeatsAnotherIsNotCountedTwice) {
  constexpr std::array<ChannelPrior, 2> precision = {{{0.5, 0}, {0.5, 1}}};
  std::vector<JudgedVotes> judged;
  for (int i = 0; i < 200; ++i) {
    judged.push_back({{{0, 0.5}, {1, 0.5}}, i % 2 == 0 ? 1.0 : 0.0});
  }
  const std::array both = {Vote{0, 0.5}, Vote{1, 0.5}};
  EXPECT_NEAR(ChannelFusion(precision, judged).probability(both), 0.5, 0.06);
}

TEST(ChannelFusion, WhatIsLearnedOfOneKindSpeaksForTheOthersOfItsGroup) {
  // Six kinds of error of one check, five of them judged right ten times, and a check of its own.
  constexpr std::array<ChannelPrior, 7> channels = {
      {{0.7, 0}, {0.7, 0}, {0.7, 0}, {0.7, 0}, {0.7, 0}, {0.7, 0}, {0.7, 1}}};
  std::vector<JudgedVotes> judged;
  for (std::uint32_t i = 0; i < 50; ++i) {
    judged.push_back({{{i % 5, 0.5}}, 1.0});
  }
  const ChannelFusion fusion(channels, judged);
  const Vote sibling{5, 0.5};
  const Vote stranger{6, 0.5};
  EXPECT_GT(fusion.probability({&sibling, 1}), 0.9);
  EXPECT_LT(fusion.probability({&stranger, 1}), 0.85);
  // … and its own word counts for more: one kind that is always wrong is not carried by the rest.
  for (int i = 0; i < 15; ++i) {
    judged.push_back({{{5, 0.5}}, 0.0});
  }
  const ChannelFusion after(channels, judged);
  EXPECT_LT(after.probability({&sibling, 1}), 0.4);
  const Vote good{0, 0.5};
  EXPECT_GT(after.probability({&good, 1}), 0.85);
}

// Failures of which one good channel finds most, two fair ones find some, and three find as many by
// chance; ranked by the fused probability after 100 verdicts on the top of its own queue.
struct Simulated {
  std::vector<std::vector<Vote>> votes;
  std::vector<double> truth;
};

Simulated simulate(std::uint64_t seed) {
  constexpr std::array kHit = {0.85, 0.5, 0.4, 0.3, 0.3, 0.3};
  constexpr std::array kNoise = {0.02, 0.1, 0.15, 0.3, 0.3, 0.3};
  Rng rng(seed, "channels");
  Simulated world;
  std::array<std::vector<double>, 6> scores;
  std::vector<std::array<double, 6>> raw;
  for (int i = 0; i < 2800; ++i) {
    const bool fails = rng.chance(0.16);
    std::array<double, 6> score{};
    for (std::size_t c = 0; c < 6; ++c) {
      const bool says = rng.chance(fails ? kHit[c] : kNoise[c]);
      const double lift = fails && c < 3 ? 0.15 : 0;
      score[c] = says ? 0.001 + 0.6 * rng.uniform() + lift : 0;
      if (says) {
        scores[c].push_back(score[c]);
      }
    }
    raw.push_back(score);
    world.truth.push_back(fails ? 1 : 0);
  }
  for (auto& s : scores) {
    std::sort(s.begin(), s.end());
  }
  for (const auto& score : raw) {
    world.votes.emplace_back();
    for (std::uint32_t c = 0; c < 6; ++c) {
      if (score[c] > 0) {
        world.votes.back().push_back({c, rank_in(scores[c], score[c])});
      }
    }
  }
  return world;
}

double precision_of_top(const Simulated& world, const std::vector<double>& value,
                        const std::vector<bool>& left_out) {
  std::vector<std::size_t> order(value.size());
  std::iota(order.begin(), order.end(), 0U);
  std::erase_if(order, [&](std::size_t i) { return left_out[i]; });
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return value[a] > value[b]; });
  double hits = 0;
  for (std::size_t i = 0; i < 100; ++i) {
    hits += world.truth[order[i]];
  }
  return hits / 100;
}

TEST(ChannelFusion, AfterAHundredVerdictsItIsAtLeastAsGoodAsTheBestChannel) {
  // Priors that are wrong on purpose: the good channel starts below two that know nothing.
  constexpr std::array<ChannelPrior, 6> kPrecision = {
      {{0.3, 0}, {0.3, 1}, {0.3, 2}, {0.5, 3}, {0.5, 4}, {0.2, 5}}};
  constexpr std::uint64_t kSeeds = 20;  // one seed alone is decided by a single item of a hundred
  double fused = 0;
  double best_alone = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const auto world = simulate(seed);
    std::vector<JudgedVotes> judged;
    std::vector<bool> seen(world.truth.size());
    std::vector<double> value(world.truth.size());
    for (int verdict = 0; verdict <= 100; ++verdict) {
      const ChannelFusion fusion(kPrecision, judged);
      std::size_t best = 0;
      for (std::size_t i = 0; i < value.size(); ++i) {
        value[i] = fusion.probability(world.votes[i]);
        best = !seen[i] && (seen[best] || value[i] > value[best]) ? i : best;
      }
      if (verdict < 100) {
        seen[best] = true;
        judged.push_back({world.votes[best], world.truth[best]});
      }
    }
    const std::vector<bool> none(world.truth.size());
    double best_channel = 0;
    for (std::uint32_t c = 0; c < 6; ++c) {
      std::vector<double> alone(world.truth.size());
      for (std::size_t i = 0; i < alone.size(); ++i) {
        for (const auto& vote : world.votes[i]) {
          alone[i] = vote.channel == c ? vote.rank : alone[i];
        }
      }
      best_channel = std::max(best_channel, precision_of_top(world, alone, none));
    }
    fused += precision_of_top(world, value, none) / kSeeds;
    best_alone += best_channel / kSeeds;
    EXPECT_GE(precision_of_top(world, value, none), best_channel - 0.015) << "seed " << seed;
    EXPECT_GT(precision_of_top(world, value, seen), 0.8)
        << "what nobody has looked at, seed " << seed;
  }
  EXPECT_GE(fused, best_alone);
}

TEST(ChannelFusion, RanksShareTheMiddleOfTies) {
  const std::array sorted = {0.1, 0.5, 0.5, 0.9};
  EXPECT_DOUBLE_EQ(rank_in(sorted, 0.1), 0.125);
  EXPECT_DOUBLE_EQ(rank_in(sorted, 0.5), 0.5);
  EXPECT_DOUBLE_EQ(rank_in(sorted, 0.9), 0.875);
  EXPECT_DOUBLE_EQ(rank_in({}, 0.9), 0.5);
}

TEST(ChannelFusion, TheIntervalOfAShareIsWilsons) {
  const auto some = wilson_interval(8, 10);
  EXPECT_NEAR(some.low, 0.4902, 1e-4);  // Brown, Cai and DasGupta 2001, worked through by hand
  EXPECT_NEAR(some.high, 0.9433, 1e-4);
  const auto none = wilson_interval(0, 0);
  EXPECT_EQ(none.low, 0);
  EXPECT_EQ(none.high, 1);
}

TEST(Diversify, ASceneIsNotTheWholeScreen) {
  const std::array relevance = {0.95, 0.94, 0.93, 0.9, 0.85};
  const std::array<std::uint32_t, 5> scene = {0, 0, 0, 1, 2};
  const auto order = diversify({relevance, scene, {}, 0}, 5);
  EXPECT_EQ(order, (std::vector<std::uint32_t>{0, 3, 4, 1, 2}));
  const auto first = diversify({relevance, scene, {}, 0}, 2);
  EXPECT_EQ(first, (std::vector<std::uint32_t>{0, 3}));
}

TEST(Diversify, WhatLooksTheSameStepsBack) {
  const std::array relevance = {0.9, 0.89, 0.85};
  const std::array<std::uint32_t, 3> scene = {0, 1, 2};
  const std::array<float, 6> look = {1, 0, 1, 0, 0, 1};
  EXPECT_EQ(diversify({relevance, scene, look, 2}, 3), (std::vector<std::uint32_t>{0, 2, 1}));
}

TEST(Diversify, NothingGivesNothing) {
  EXPECT_TRUE(diversify({}, 3).empty());
}

}  // namespace
}  // namespace spotter::kernels
