#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/random.h"
#include "loop/triage/grouping.h"
#include "loop/triage/naming.h"

namespace spotter::triage {
namespace {

// Scenes of four frames with weather, district, night, vehicle and week; rain from week 3.
std::vector<Sample> make_samples(Rng& rng, std::size_t scenes) {
  static const std::vector<std::string> districts = {"old_town", "suburb", "harbour", "campus",
                                                     "ring"};
  std::vector<Sample> samples;
  for (std::size_t s = 0; s < scenes; ++s) {
    const auto week = static_cast<int>(1 + rng.index(8));
    const bool rain = week >= 3 && rng.chance(0.16);
    const auto& district =
        rng.chance(0.04) ? districts[2] : districts[rng.chance(0.5) ? 0 : 1 + 2 * rng.index(2)];
    const Json attributes = {{"weather", rain ? "rain" : "clear"},
                             {"rain_mm", rain ? 1 + rng.uniform() * 5 : 0.0},
                             {"night", rng.chance(0.1)},
                             {"district", district},
                             {"vehicle", fmt::format("vehicle-{}", rng.index(4))},
                             {"week", week}};
    for (int frame = 0; frame < 4; ++frame) {
      Sample sample;
      sample.key = fmt::format("s{}/{}", s, frame);
      sample.sequence = fmt::format("s{}", s);
      sample.attributes = attributes.dump();
      samples.push_back(std::move(sample));
    }
  }
  return samples;
}

bool has(const Sample& sample, std::string_view text) {
  return sample.attributes.find(text) != std::string::npos;
}

Finding finding_at(const Sample& sample, const std::string& error, const std::string& class_name,
                   int n) {
  Finding finding;
  finding.id = fmt::format("finding_{}_{}_{}", error, sample.key, n);
  finding.sample = sample.key;
  finding.error = error;
  finding.class_name = class_name;
  finding.score = 0.9;
  return finding;
}

// The demo's world: the lidar sees what the model misses in rain, embeddings find rain new, and an
// operator flags a few scenes of the harbour.
std::vector<Channel> demo_channels(std::uint64_t seed) {
  Rng rng(seed, "demo");
  const auto samples = make_samples(rng, 700);
  Channel lidar{"sensor_disagreement", samples, {}, {}, {}};
  Channel novel{"embedding_distance", samples, {}, {}, {}};
  Channel flags{"flags", samples, {}, {}, {}};
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const bool rain = has(samples[i], "\"rain\"");
    if (rng.chance(rain ? 0.75 : 0.14)) {
      lidar.findings.push_back(finding_at(samples[i], "miss", "cone", 0));
    }
    if (rng.chance(rain ? 0.9 : 0.01)) {
      novel.findings.push_back(finding_at(samples[i], "novel", "", 0));
    }
    if (has(samples[i], "harbour") && i % 4 == 1 && rng.chance(0.5)) {
      flags.findings.push_back(finding_at(samples[i], "flagged", "", 0));
    }
  }
  return {flags, novel, lidar};
}

TEST(Triage, RainAndHarbourAreTheTwoModesOfTheDemoWorld) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto channels = demo_channels(seed);
    const auto modes = group_findings(channels, {});
    ASSERT_GE(modes.size(), 2U) << "seed " << seed;
    EXPECT_EQ(modes[0].title, "missed cones in rain") << "seed " << seed;
    EXPECT_EQ(modes[0].where, "weather = 'rain'");
    EXPECT_EQ(modes[0].class_name, "cone");
    EXPECT_EQ(modes[0].checks.size(), 2U) << "embedding and lidar say the same";
    EXPECT_EQ(modes[1].title, "flagged pictures in harbour") << "seed " << seed;
    EXPECT_EQ(modes[1].where, "district = 'harbour'");
    for (std::size_t i = 2; i < modes.size(); ++i) {
      EXPECT_EQ(modes[i].where, "true") << modes[i].title << " seed " << seed;
    }
  }
}

TEST(Triage, NullDataGivesAtMostFivePercentFalseSlices) {
  int false_runs = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Rng rng(seed, "null");
    std::vector<Channel> channels(2);
    channels[0].check = "sensor_disagreement";
    channels[1].check = "label_loss";
    for (auto& channel : channels) {
      channel.samples = make_samples(rng, 200);
      double rate = 0;
      for (std::size_t i = 0; i < channel.samples.size(); ++i) {
        rate = i % 4 == 0 ? (rng.chance(0.2) ? 0.5 : 0.1) : rate;
        channel.objects[channel.samples[i].key]["cone"] = 3;
        for (int n = 0; n < 3; ++n) {
          if (rng.chance(rate)) {
            channel.findings.push_back(finding_at(channel.samples[i], "miss", "cone", n));
          }
        }
        if (rng.chance(rate)) {
          channel.findings.push_back(finding_at(channel.samples[i], "false_alarm", "cone", 9));
        }
      }
    }
    const auto modes = group_findings(channels, {});
    false_runs += std::any_of(modes.begin(), modes.end(),
                              [](const FoundMode& mode) { return mode.where != "true"; })
                      ? 1
                      : 0;
  }
  EXPECT_LE(false_runs, 5) << "of 100 runs on data without a slice";
}

// A weak detector misses something in nearly every sample; only the share of objects tells rain
// apart.
TEST(Triage, SlicesAreFoundAmongObjectsWhenEverySampleHasAFinding) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Rng rng(seed, "objects");
    Channel channel{"sensor_disagreement", make_samples(rng, 500), {}, {}, {}};
    for (const auto& sample : channel.samples) {
      const bool rain = has(sample, "\"rain\"");
      const auto count = static_cast<std::int64_t>(3 + rng.index(8));
      for (std::int64_t n = 0; n < count; ++n) {
        const std::string class_name = n % 3 == 0 ? "pedestrian" : "cone";
        channel.objects[sample.key][class_name] += 1;
        if (rng.chance(rain ? 0.9 : class_name == "cone" ? 0.3 : 0.55)) {
          channel.findings.push_back(finding_at(sample, "miss", class_name, static_cast<int>(n)));
        }
      }
    }
    const auto modes = group_findings({&channel, 1}, {});
    ASSERT_GE(modes.size(), 2U);
    const auto rain = std::find_if(modes.begin(), modes.end(), [](const FoundMode& mode) {
      return mode.where == "weather = 'rain'";
    });
    ASSERT_NE(rain, modes.end()) << "seed " << seed;
    EXPECT_EQ(rain->unit, "objects");
    const auto pedestrians = std::find_if(modes.begin(), modes.end(), [](const FoundMode& mode) {
      return mode.title == "missed pedestrians";
    });
    ASSERT_NE(pedestrians, modes.end()) << "seed " << seed;
    for (const auto& mode : modes) {
      EXPECT_TRUE(mode.where == "true" || mode.where == "weather = 'rain'") << mode.title;
    }
  }
}

TEST(Triage, FindingsWithoutMetadataStillBecomeModesByClass) {
  Channel channel{"label_loss", {}, {}, {}, {}};
  for (int i = 0; i < 60; ++i) {
    Sample sample;
    sample.key = fmt::format("image{:03}", i);
    channel.samples.push_back(sample);
    if (i % 4 == 0) {
      channel.findings.push_back(finding_at(sample, "miss", "Platelets", 0));
    }
    if (i % 6 == 0) {
      channel.findings.push_back(finding_at(sample, "false_alarm", "RBC", 1));
    }
  }
  const auto modes = group_findings({&channel, 1}, {});
  ASSERT_EQ(modes.size(), 2U);
  EXPECT_EQ(modes[0].title, "missed Platelets");
  EXPECT_EQ(modes[0].where, "true");
  EXPECT_EQ(modes[0].finding_ids.size(), 15U);
  EXPECT_EQ(modes[1].title, "false RBCs");
}

TEST(Triage, ConfiguredSlicesAreCandidatesAndBringTheirWeight) {
  Rng rng(1, "slice");
  Channel channel{"sensor_disagreement", make_samples(rng, 300), {}, {}, {}};
  NamedSlice slice{"gate_area", "key LIKE 's1%'", 5, {}};
  for (const auto& sample : channel.samples) {
    const bool inside = sample.key.starts_with("s1");
    slice.holds.push_back(inside ? 1 : 0);
    if (rng.chance(inside ? 0.5 : 0.05)) {
      channel.findings.push_back(finding_at(sample, "miss", "cone", 0));
    }
  }
  channel.slices.push_back(slice);
  const auto modes = group_findings({&channel, 1}, {});
  ASSERT_FALSE(modes.empty());
  EXPECT_EQ(modes[0].where, "key LIKE 's1%'");
  EXPECT_EQ(modes[0].title, "missed cones in slice gate_area");
  EXPECT_EQ(modes[0].weight, 5);
}

TEST(Triage, ASliceThatSaysWhatTheSearchFindsBringsItsWeightToo) {
  auto channels = demo_channels(1);
  for (auto& channel : channels) {
    channel.slices.push_back({"rain", "weather = 'rain'", 3, {}});
    for (const auto& sample : channel.samples) {
      channel.slices.back().holds.push_back(has(sample, "\"rain\"") ? 1 : 0);
    }
  }
  const auto modes = group_findings(channels, {});
  const auto rain = std::find_if(modes.begin(), modes.end(), [](const FoundMode& mode) {
    return mode.where == "weather = 'rain'";
  });
  ASSERT_NE(rain, modes.end());
  EXPECT_EQ(rain->weight, 3);
}

TEST(Triage, TheSameInputGivesTheSameModes) {
  const auto channels = demo_channels(3);
  const auto a = group_findings(channels, {});
  const auto b = group_findings(channels, {});
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].title, b[i].title);
    EXPECT_EQ(a[i].finding_ids, b[i].finding_ids);
  }
}

TEST(Triage, NamesReadWell) {
  EXPECT_EQ(error_words("miss", "cone"), "missed cones");
  EXPECT_EQ(error_words("miss", "bus"), "missed bus");
  EXPECT_EQ(error_words("wrong_class", "lorry"), "confused lorries");
  EXPECT_EQ(error_words("false_alarm", ""), "false alarms");
  EXPECT_EQ(error_words("bad_box", "traffic_cone"), "badly placed traffic cones");
  EXPECT_EQ(slug("Missed cones where rain mm is at least 2.5"),
            "missed-cones-where-rain-mm-is-at-least-2-5");
}

TEST(Conditions, NamesAndTextsAreSafeInTheFilterLanguage) {
  EXPECT_EQ(filter_name("weather"), "weather");
  EXPECT_EQ(filter_name("split"), "attributes.split");
  EXPECT_EQ(filter_name("a b"), "");
  EXPECT_EQ(filter_name("1st"), "");
  EXPECT_EQ(filter_text("it's"), "'it''s'");
}

// The split of a sample is bookkeeping: no failure mode may be "missed cars where split is train".
TEST(Conditions, SplitExplainsNothing) {
  std::vector<Sample> samples(40);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i].key = fmt::format("{}", i);
    samples[i].attributes = fmt::format(R"({{"split":"{}","weather":"{}"}})",
                                        i < 20 ? "train" : "test", i % 2 == 0 ? "rain" : "dry");
  }
  const auto conditions = sample_conditions(samples, 5);
  ASSERT_EQ(conditions.size(), 2U);
  EXPECT_EQ(conditions[0].where, "weather = 'dry'");
  EXPECT_EQ(conditions[1].where, "weather = 'rain'");
}

TEST(Conditions, NumbersBecomeValuesAndRanges) {
  std::vector<Sample> samples(100);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i].key = fmt::format("{}", i);
    samples[i].attributes =
        fmt::format("{{\"rain_mm\": {}}}", i < 80 ? 0.0 : static_cast<double>(i) / 10);
  }
  const auto conditions = sample_conditions(samples, 5);
  const auto find = [&](std::string_view where) {
    return std::find_if(conditions.begin(), conditions.end(),
                        [&](const SampleCondition& c) { return c.where == where; });
  };
  EXPECT_NE(find("rain_mm >= 9"), conditions.end()) << "cut at the tenth, said in few digits";
  ASSERT_NE(find("rain_mm >= 8"), conditions.end());
  EXPECT_EQ(find("rain_mm >= 8")->rows.count(), 20U);
  EXPECT_EQ(find("rain_mm < 8")->rows.count(), 80U);
  EXPECT_EQ(find("rain_mm >= 8")->words, "where rain mm is at least 8");
}

}  // namespace
}  // namespace spotter::triage
