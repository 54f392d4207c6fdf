// A filter means the same in SQL and in memory, and no text gets past it.
#include "project/filter.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/random.h"
#include "project/project.h"

namespace spotter {
namespace {

Json random_value(Rng& rng) {
  switch (rng.index(6)) {
    case 0:
      return rng.chance(0.5);
    case 1:
      return static_cast<std::int64_t>(rng.index(5));
    case 2:
      return static_cast<double>(rng.index(5)) + 0.5;
    case 3:
      return std::to_string(rng.index(5));
    case 4:
      return "it's";
    default:
      return rng.chance(0.5) ? "rain" : "dry";
  }
}

std::vector<Sample> random_samples(Rng& rng, int count) {
  std::vector<Sample> samples;
  for (int i = 0; i < count; ++i) {
    Sample s{
        .key = fmt::format("s{:03}", i), .width = static_cast<int>(rng.index(5)), .source = "v1"};
    Json attributes = Json::object();
    for (const char* name : {"weather", "week", "code"}) {
      if (rng.chance(0.8)) {
        attributes[name] = random_value(rng);
      }
    }
    if (rng.chance(0.9)) {
      s.attributes = attributes.dump();
    }
    samples.push_back(std::move(s));
  }
  return samples;
}

std::string random_literal(Rng& rng) {
  switch (rng.index(5)) {
    case 0:
      return std::to_string(rng.index(5));
    case 1:
      return fmt::format("{}.5", rng.index(5));
    case 2:
      return "'it''s'";
    case 3:
      return fmt::format("'{}'", rng.index(5));
    default:
      return rng.chance(0.5) ? "'rain'" : "'dry'";
  }
}

std::string random_filter(Rng& rng, int depth) {
  static constexpr const char* kNames[] = {"weather", "week",   "code", "attributes.week",
                                           "width",   "source", "key"};
  static constexpr const char* kOps[] = {"=", "!=", "<", "<=", ">", ">="};
  if (depth > 0 && rng.chance(0.6)) {
    switch (rng.index(3)) {
      case 0:
        return fmt::format("NOT ({})", random_filter(rng, depth - 1));
      case 1:
        return fmt::format("({}) AND ({})", random_filter(rng, depth - 1),
                           random_filter(rng, depth - 1));
      default:
        return fmt::format("({}) OR {}", random_filter(rng, depth - 1),
                           random_filter(rng, depth - 1));
    }
  }
  const std::string name = kNames[rng.index(std::size(kNames))];
  switch (rng.index(6)) {
    case 0:
      return name + (rng.chance(0.5) ? " IS NULL" : " IS NOT NULL");
    case 1:
      return name + (rng.chance(0.5) ? " IN (" : " NOT IN (") + random_literal(rng) + ", " +
             random_literal(rng) + ")";
    case 2:
      return name + " LIKE " + (rng.chance(0.5) ? "'%a%'" : "'_'");
    case 3:
      return fmt::format("{} {} {}", name,
                         rng.chance(0.5) ? "=" : "!=", rng.chance(0.5) ? "true" : "false");
    default:
      return fmt::format("{} {} {}", name, kOps[rng.index(std::size(kOps))], random_literal(rng));
  }
}

TEST(FilterAgreement, SqlAndMemoryChooseTheSameSamples) {
  const TemporaryFolder folder;
  auto project = test_project(folder.path(), {});
  Rng rng(20261124);
  const auto samples = random_samples(rng, 120);
  project.lake->add_samples("all", samples);
  for (int round = 0; round < 150; ++round) {
    const auto text = random_filter(rng, 3);
    const auto filter = Filter::parse(text);
    std::vector<std::string> in_memory;
    for (const auto& s : samples) {
      if (filter.matches(s)) {
        in_memory.push_back(s.key);
      }
    }
    EXPECT_EQ(query_keys(project, filter), in_memory) << text;
    const auto page = query_samples(project, filter, 7);
    EXPECT_EQ(page.total, in_memory.size()) << text;
    EXPECT_EQ(page.samples.size(), std::min<std::size_t>(7, in_memory.size())) << text;
  }
}

// What the sample alone decides does not ask for a label; what only labels decide does.
TEST(FilterAgreement, SamplesWithoutLabels) {
  const TemporaryFolder folder;
  auto project = test_project(folder.path(), {});
  const std::string rain = R"({"weather":"rain"})";
  const std::string dry = R"({"weather":"dry"})";
  project.lake->add_samples("all", std::vector<Sample>{{.key = "a", .attributes = rain},
                                                       {.key = "b", .attributes = dry},
                                                       {.key = "c", .attributes = rain},
                                                       {.key = "d", .attributes = dry}});
  LabelSet cone{.sample = "c", .author = "test"};
  cone.labels = {{.object = "0", .class_name = "cone", .box = {1, 2, 3, 4}}};
  LabelSet bus{.sample = "d", .author = "test"};
  bus.labels = {{.object = "0", .class_name = "bus", .box = {1, 2, 3, 4}}};
  project.lake->add_labels("labels", std::vector<LabelSet>{cone, bus});
  const std::map<std::string, LabelSet> sets = {{"c", cone}, {"d", bus}};
  using Keys = std::vector<std::string>;
  const std::vector<std::pair<std::string, Keys>> cases = {
      {"weather = 'rain' OR label.class = 'cone'", {"a", "c"}},
      {"weather = 'dry' OR label.class = 'cone'", {"b", "c", "d"}},
      {"weather = 'rain' AND label.class = 'cone'", {"c"}},
      {"NOT label.class = 'cone'", {"d"}},
      {"NOT (weather = 'dry' AND label.class = 'bus')", {"a", "c"}},
      {"weather = 'rain' OR NOT label.class = 'bus'", {"a", "c"}},
      {"label.class IS NULL OR weather = 'none'", {}},
      {"weather = 'rain' OR prediction.class = 'cone'", {"a", "c"}},
      {"weather = 'rain' OR label.class = 'bus' OR prediction.score > 0.5", {"a", "c", "d"}},
      {"prediction.class = 'cone' AND (weather = 'rain' OR label.class = 'cone')", {}}};
  for (const auto& [text, wanted] : cases) {
    const auto filter = Filter::parse(text);
    EXPECT_EQ(query_keys(project, filter), wanted) << text;
    if (text.find("prediction") != std::string::npos) {
      continue;  // not known in memory
    }
    Keys in_memory;
    for (const auto& sample : project.lake->samples()) {
      const auto set = sets.find(sample.key);
      if (filter.matches_unlabelled(sample) ||
          (set != sets.end() && filter.matches(sample, set->second.labels[0]))) {
        in_memory.push_back(sample.key);
      }
    }
    EXPECT_EQ(in_memory, wanted) << text;
  }
}

// Whatever bytes come in: a filter or kInvalid, and the lake keeps its rows.
TEST(FilterAgreement, AnyTextIsAFilterOrRefused) {
  const TemporaryFolder folder;
  auto project = test_project(folder.path(), {});
  Rng rng(7);
  project.lake->add_samples("all", random_samples(rng, 5));
  static constexpr const char* kPieces[] = {"weather",
                                            "=",
                                            "'",
                                            "\"",
                                            ";",
                                            "--",
                                            "/*",
                                            ")",
                                            "(",
                                            "AND",
                                            "OR",
                                            "NOT",
                                            "IN",
                                            "1e999",
                                            "\\",
                                            "$1",
                                            "DROP TABLE samples",
                                            "label.class",
                                            "%",
                                            "\xff",
                                            "'x'",
                                            "true",
                                            " ",
                                            "key",
                                            "{}",
                                            "IS NULL",
                                            "LIKE",
                                            "0",
                                            "-1",
                                            "."};
  std::size_t accepted = 0;
  for (int round = 0; round < 600; ++round) {
    std::string text;
    for (std::uint64_t n = 1 + rng.index(7); n > 0; --n) {
      text += std::string(kPieces[rng.index(std::size(kPieces))]) + (rng.chance(0.7) ? " " : "");
    }
    try {
      const auto filter = Filter::parse(text);
      (void)query_keys(project, filter);
      ++accepted;
    } catch (const Error& e) {
      EXPECT_EQ(e.code, ErrorCode::kInvalid) << text << ": " << e.what();
    }
  }
  EXPECT_GT(accepted, 5U);
  EXPECT_EQ(project.lake->samples().size(), 5U);
}

}  // namespace
}  // namespace spotter
