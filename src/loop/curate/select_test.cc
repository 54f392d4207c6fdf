#include "loop/curate/select.h"

#include <map>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "loop/curate/curate.h"

namespace spotter::curate {
namespace {

struct Pool {
  std::vector<Candidate> candidates;
  std::vector<float> values;
  std::size_t dimensions = 6;
  [[nodiscard]] kernels::Vectors vectors() const { return {values, dimensions}; }
};

// Scenes of `frames` frames close to each other; a tenth of the candidates are exact copies.
Pool random_pool(std::uint64_t seed, std::size_t scenes, std::size_t frames) {
  Rng rng(seed, "pool");
  Pool pool;
  for (std::size_t s = 0; s < scenes; ++s) {
    std::vector<double> centre(pool.dimensions);
    for (auto& c : centre) {
      c = rng.normal();
    }
    for (std::size_t f = 0; f < frames; ++f) {
      pool.candidates.push_back({.key = fmt::format("s{}/{}", s, f),
                                 .scene = fmt::format("s{}", s),
                                 .relevance = rng.chance(0.1) ? 0 : rng.uniform(),
                                 .quota = rng.index(3),
                                 .has_vector = !rng.chance(0.05)});
      const bool copy = rng.chance(0.1);
      for (const double c : centre) {
        pool.values.push_back(static_cast<float>(c + (copy ? 0 : 0.2 * rng.normal())));
      }
    }
  }
  return pool;
}

TEST(Select, NeverBeyondTheBudgetNeverTwiceAndWithinScenes) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Rng rng(seed, "options");
    const auto pool = random_pool(seed, 1 + rng.index(60), 1 + rng.index(8));
    SelectOptions options;
    options.budget = rng.index(80);
    options.quota_shares = {0.5, 0.3, 0.2};
    options.scene_first = 1 + rng.index(2);
    options.scene_max = options.scene_first + rng.index(3);
    const auto selection = select(pool.candidates, pool.vectors(), options);
    EXPECT_LE(selection.picked.size(), options.budget);
    std::set<std::size_t> seen;
    std::map<std::string, std::size_t> in_scene;
    for (const auto& picked : selection.picked) {
      const auto& candidate = pool.candidates[picked.candidate];
      EXPECT_TRUE(seen.insert(picked.candidate).second) << "taken twice";
      EXPECT_LE(++in_scene[candidate.scene], options.scene_max);
      EXPECT_GT(candidate.relevance, 0);
    }
  }
}

TEST(Select, NoTwoTakenAreNearDuplicates) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto pool = random_pool(seed, 50, 6);
    SelectOptions options;
    options.budget = 150;
    options.quota_shares = {1, 1, 1};
    const auto selection = select(pool.candidates, pool.vectors(), options);
    for (std::size_t a = 0; a < selection.picked.size(); ++a) {
      for (std::size_t b = 0; b < a; ++b) {
        const auto i = selection.picked[a].candidate;
        const auto j = selection.picked[b].candidate;
        if (!pool.candidates[i].has_vector || !pool.candidates[j].has_vector) {
          continue;
        }
        double squares = 0;
        for (std::size_t d = 0; d < pool.dimensions; ++d) {
          const double difference = static_cast<double>(pool.vectors().row(i)[d]) -
                                    static_cast<double>(pool.vectors().row(j)[d]);
          squares += difference * difference;
        }
        EXPECT_GE(std::sqrt(squares), 0.13 * selection.usual_distance * 0.999);
      }
    }
  }
}

TEST(Select, SameInputSameChoice) {
  const auto pool = random_pool(5, 60, 4);
  SelectOptions options;
  options.budget = 50;
  options.quota_shares = {1, 1, 1};
  const auto a = select(pool.candidates, pool.vectors(), options);
  const auto b = select(pool.candidates, pool.vectors(), options);
  ASSERT_EQ(a.picked.size(), b.picked.size());
  for (std::size_t i = 0; i < a.picked.size(); ++i) {
    EXPECT_EQ(a.picked[i].candidate, b.picked[i].candidate);
  }
}

TEST(Select, ScenesComeBeforeMoreFramesOfAScene) {
  Pool pool;
  pool.dimensions = 0;
  for (int i = 0; i < 40; ++i) {
    pool.candidates.push_back({.key = fmt::format("{:02}", i),
                               .scene = fmt::format("s{}", i / 4),
                               .relevance = 1 - i * 0.001});
  }
  SelectOptions options;
  options.budget = 20;
  const auto selection = select(pool.candidates, pool.vectors(), options);
  std::map<std::string, int> in_scene;
  for (const auto& picked : selection.picked) {
    ++in_scene[pool.candidates[picked.candidate].scene];
  }
  EXPECT_EQ(in_scene.size(), 10U);
  for (const auto& [scene, count] : in_scene) {
    EXPECT_EQ(count, 2) << scene;
  }
}

TEST(Select, QuotasHoldAndTheirRestIsPassedOn) {
  Pool pool;
  pool.dimensions = 0;
  for (int i = 0; i < 100; ++i) {
    pool.candidates.push_back({.key = fmt::format("{:03}", i),
                               .scene = fmt::format("s{}", i),
                               .relevance = i < 5 ? 0.1 : 1,
                               .quota = i < 5 ? 1U : 0U});
  }
  SelectOptions options;
  options.budget = 40;
  options.quota_shares = {0.75, 0.25};
  const auto selection = select(pool.candidates, pool.vectors(), options);
  const auto second = std::count_if(selection.picked.begin(), selection.picked.end(),
                                    [&](const Picked& p) { return p.quota == 1; });
  EXPECT_EQ(second, 5) << "all that there are, though less relevant";
  EXPECT_EQ(selection.picked.size(), 40U);
}

TEST(Select, SimilarityFallsWithDistance) {
  const std::vector<float> rows = {0, 1, 3, 9};
  const std::vector<float> examples = {0};
  const auto similarity = similarity_to({rows, 1}, {true, true, true, false}, {examples, 1});
  EXPECT_DOUBLE_EQ(similarity[0], 1);
  EXPECT_GT(similarity[1], similarity[2]);
  EXPECT_EQ(similarity[3], 0);
}

TEST(Select, WhatACampaignCanAimAtGetsMoreOfTheBudget) {
  EXPECT_GT(budget_share("weather = 'rain'", 0.02), budget_share("true", 0.1));
  EXPECT_GT(budget_share("true", 0.2), budget_share("true", 0.1));
  EXPECT_LT(budget_share("weather = 'rain'", 0.02), budget_share("true", 0.2))
      << "weight still counts";
}

}  // namespace
}  // namespace spotter::curate
