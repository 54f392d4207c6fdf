#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/random.h"
#include "loop/checks/check.h"

namespace spotter::checks {
namespace {

constexpr std::size_t kDimensions = 8;

// Scenes of five frames with embeddings around a place of their own.
struct Pictures {
  std::vector<Sample> samples;
  CheckInput input;
  Json parameters;

  void add(const std::string& scene, const std::string& split, std::vector<float> vector) {
    Sample sample;
    sample.key = scene + "/" + std::to_string(samples.size());
    sample.sequence = scene;
    if (split == "train") {
      input.training_embeddings.keys.push_back(sample.key);
      input.training_embeddings.values.insert(input.training_embeddings.values.end(),
                                              vector.begin(), vector.end());
      input.training_scenes.push_back(scene);
    }
    input.embeddings.keys.push_back(sample.key);
    input.embeddings.values.insert(input.embeddings.values.end(), vector.begin(), vector.end());
    input.splits.push_back(split);
    samples.push_back(std::move(sample));
  }

  void add_scenes(const std::string& split, int count, float shift, std::uint64_t seed) {
    Rng rng(seed, split);
    for (int scene = 0; scene < count; ++scene) {
      std::vector<float> place(kDimensions);
      std::generate(place.begin(), place.end(),
                    [&] { return shift + static_cast<float>(rng.normal()); });
      for (int frame = 0; frame < 5; ++frame) {
        auto vector = place;
        for (float& v : vector) {
          v += 0.1F * static_cast<float>(rng.normal());
        }
        add(split + std::to_string(scene), split, vector);
      }
    }
  }

  std::vector<Finding> run(const std::string& error) {
    const Check& check = find_check("embeddings");
    parameters = resolve(check, Json::object());
    input.samples = samples;
    input.parameters = &parameters;
    input.embeddings.dimensions = kDimensions;
    input.training_embeddings.dimensions = kDimensions;
    auto output = check.run(input);
    std::erase_if(output.findings, [&](const Finding& f) { return f.error != error; });
    return output.findings;
  }

  [[nodiscard]] std::vector<float> vector_of(std::size_t sample) const {
    const auto begin =
        input.embeddings.values.begin() + static_cast<std::ptrdiff_t>(sample * kDimensions);
    return {begin, begin + kDimensions};
  }
};

TEST(Embeddings, SoundDataGiveNothing) {
  Pictures pictures;
  pictures.add_scenes("train", 30, 0, 1);
  pictures.add_scenes("val", 10, 0, 2);
  pictures.add_scenes("", 20, 0, 3);
  for (const char* error : {"near_duplicate", "leak", "shift"}) {
    EXPECT_TRUE(pictures.run(error).empty()) << error;
  }
}

TEST(Embeddings, CopiesInOtherScenesAreNearDuplicates) {
  Pictures pictures;
  pictures.add_scenes("train", 30, 0, 1);
  auto copy = pictures.vector_of(12);
  copy[0] += 0.001F;
  pictures.add("again", "train", copy);
  const auto findings = pictures.run("near_duplicate");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].sample, pictures.samples.back().key);
  EXPECT_GT(findings[0].score, 0.99);
  const auto evidence = parse_json(findings[0].evidence, "evidence");
  EXPECT_EQ(evidence["nearest"], pictures.samples[12].key);
  EXPECT_EQ(evidence["model_error"], 0);
  EXPECT_TRUE(pictures.run("leak").empty());
}

TEST(Embeddings, TheSamePictureInTwoSplitsIsALeak) {
  Pictures pictures;
  pictures.add_scenes("train", 30, 0, 1);
  pictures.add_scenes("val", 10, 0, 2);
  pictures.add("train3", "val", pictures.vector_of(16));  // of the same scene, too
  const auto findings = pictures.run("leak");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].sample, pictures.samples.back().key);
  EXPECT_EQ(parse_json(findings[0].evidence, "evidence")["nearest"], pictures.samples[16].key);
}

TEST(Embeddings, ProductionOfAnotherKindIsAShift) {
  Pictures pictures;
  pictures.add_scenes("train", 30, 0, 1);
  pictures.add_scenes("", 20, 1, 3);
  const auto findings = pictures.run("shift");
  ASSERT_EQ(findings.size(), 10U);
  for (const auto& finding : findings) {
    EXPECT_EQ(finding.sample.rfind("train", 0), std::string::npos);
    EXPECT_LT(parse_json(finding.evidence, "evidence")["p"], 0.01);
  }
  Pictures few;
  few.add_scenes("train", 30, 0, 1);
  few.add_scenes("", 3, 1, 3);
  EXPECT_TRUE(few.run("shift").empty()) << "three scenes are not enough";
}

// A tenth of the scenes look strange; of each picture's four objects one check says how many fail.
struct Failing : Pictures {
  Failing(std::uint64_t seed, double share_strange) {
    Rng rng(seed, "failing");
    input.failures = {{.check = "a_check"}};
    for (int scene = 0; scene < 200; ++scene) {
      const bool strange = scene % 10 == 3;
      for (int frame = 0; frame < 3; ++frame) {
        std::vector<float> vector(kDimensions);
        for (std::size_t d = 0; d < kDimensions; ++d) {
          vector[d] = (strange && d == 5 ? 4.0F : 0.0F) + 0.7F * static_cast<float>(rng.normal());
        }
        add("s" + std::to_string(scene), scene % 2 == 0 ? "train" : "", vector);
        samples.back().attributes = strange ? R"({"lens": "dirty"})" : R"({"lens": "clean"})";
        auto& counts = input.failures[0];
        counts.objects.push_back(4);
        counts.failing.push_back(0);
        for (int o = 0; o < 4; ++o) {
          counts.failing.back() += rng.chance(strange ? share_strange : 0.1) ? 1 : 0;
        }
      }
    }
  }
};

TEST(Embeddings, FailuresThatLookAlikeAreAClusterWithItsNameAndShare) {
  Failing pictures(1, 0.6);
  const auto findings = pictures.run("failure_cluster");
  ASSERT_GE(findings.size(), 5U);
  std::set<std::string> scenes;
  for (const auto& finding : findings) {
    EXPECT_EQ(finding.sample[finding.sample.find('/') - 1], '3') << finding.sample;
    const auto evidence = parse_json(finding.evidence, "evidence");
    EXPECT_NEAR(evidence["share_inside"].get<double>(), 0.6, 0.1);
    EXPECT_NEAR(evidence["share_outside"].get<double>(), 0.1, 0.1);
    EXPECT_EQ(evidence["found_by"], "a_check");
  }
  const auto evidence = parse_json(findings[0].evidence, "evidence");
  EXPECT_EQ(evidence["name"], "a_check, look-alike group 1, 100 % where lens is dirty");
  EXPECT_EQ(evidence["where"], "lens = 'dirty'");
}

TEST(Embeddings, EvenFailuresAreNoCluster) {
  int false_runs = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    false_runs += Failing(seed, 0.1).run("failure_cluster").empty() ? 0 : 1;
  }
  EXPECT_LE(false_runs, 1) << "of 10";
}

TEST(Embeddings, FewOrNoRowsAreNoError) {
  Pictures pictures;
  EXPECT_TRUE(pictures.run("leak").empty());
  pictures.add("one", "train", std::vector<float>(kDimensions, 1.0F));
  EXPECT_TRUE(pictures.run("near_duplicate").empty());
}

}  // namespace
}  // namespace spotter::checks
