#include "project/project.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "project/filter.h"
#include "project/options.h"

namespace spotter {
namespace {

std::string refusal(const std::string& yaml) {
  const TemporaryFolder folder;
  write_file_atomic(folder.path() / "spotter.yaml", yaml);
  try {
    (void)read_config(folder.path() / "spotter.yaml");
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(Config, TheStartingFileIsItsOwnDefaults) {
  const TemporaryFolder folder;
  write_file_atomic(folder.path() / "spotter.yaml",
                    starting_config("a: b", "detection", {"x", "no", "1"}));
  const auto config = read_config(folder.path() / "spotter.yaml");
  EXPECT_EQ(config.name, "a: b");
  EXPECT_EQ(config.classes, (std::vector<std::string>{"x", "no", "1"}));
  EXPECT_EQ(config.gate.margin, GateConfig{}.margin);
  EXPECT_EQ(config.campaign_budget, 200);
}

TEST(Config, RefusesWithLineAndHint) {
  EXPECT_NE(refusal("name: a\ngate:\n  margn: 1\n")
                .find("line 3: \"gate.margn\" is no key of spotter.yaml, did you "
                      "mean \"gate.margin\"?"),
            std::string::npos)
      << refusal("name: a\ngate:\n  margn: 1\n");
  EXPECT_NE(refusal("gate: {margin: much}").find("must be a number"), std::string::npos);
  EXPECT_NE(
      refusal("slices:\n  - {name: a, must: winn}").find("must be one of win, not_lose, report"),
      std::string::npos);
  EXPECT_NE(refusal("slices:\n  - {name: a}\n  - {name: a}").find("there twice"),
            std::string::npos);
  EXPECT_NE(refusal("slices:\n  - {name: a, where: \"x ==\"}").find("slice \"a\""),
            std::string::npos);
  EXPECT_NE(refusal("a: [1, 2").find("YAML is broken in line"), std::string::npos);
  EXPECT_NE(refusal("name: a\nname: b").find("stands twice"), std::string::npos);
  EXPECT_NE(refusal("train: {command: [x]}").find("come together"), std::string::npos);
  EXPECT_NE(refusal("- a\n- b").find("key: value"), std::string::npos);
}

TEST(Config, EveryOptionHasAReadableDefault) {
  for (const auto& option : all_options()) {
    EXPECT_TRUE(Json::accept(option.fallback)) << option.name;
    EXPECT_FALSE(option.help.empty());
  }
}

Sample sample(const std::string& attributes) {
  return {.key = "a", .width = 640, .source = "v1", .attributes = attributes};
}

TEST(Filter, EvaluatesInMemory) {
  const auto s = sample(R"({"weather":"rain","night":false,"week":4,"code":"7"})");
  const Label cone{.object = "1",
                   .class_name = "cone",
                   .box = {0, 0, 4, 5},
                   .attributes = R"({"colour":"green"})"};
  const auto yes = [&](std::string_view text) { return Filter::parse(text).matches(s, cone); };
  EXPECT_TRUE(yes(""));
  EXPECT_TRUE(yes("weather = 'rain' AND NOT night"));
  EXPECT_TRUE(yes("week >= 4 and week < 5 and code = 7"));
  EXPECT_TRUE(yes("weather IN ('fog', 'rain') OR week = 0"));
  EXPECT_FALSE(yes("weather NOT IN ('fog', 'rain')"));
  EXPECT_TRUE(yes("nothing IS NULL AND weather IS NOT NULL"));
  EXPECT_TRUE(yes("weather LIKE 'r%n' AND width = 640 AND source = 'v1'"));
  EXPECT_TRUE(yes("label.class = 'cone' AND label.colour = 'green' AND label.area = 20"));
  EXPECT_FALSE(yes("label.class = 'cone' AND label.colour = 'orange'"));
  EXPECT_FALSE(yes("nothing = 3 OR false"));
}

TEST(Filter, ConditionsOnLabelsAreUnknownToTheSampleAlone) {
  const auto s = sample(R"({"weather":"rain"})");
  EXPECT_TRUE(Filter::parse("label.class = 'cone'").matches(s));
  EXPECT_TRUE(Filter::parse("NOT label.class = 'cone'").matches(s));
  EXPECT_FALSE(Filter::parse("label.class = 'cone' AND weather = 'dry'").matches(s));
  EXPECT_TRUE(Filter::parse("label.class = 'cone'").mentions_labels());
  EXPECT_FALSE(Filter::parse("weather = 'label.class'").mentions_labels());
}

TEST(Filter, RefusesWithThePlace) {
  for (const char* text :
       {"weather =", "= 'rain'", "weather = 'rain", "a = 1 b = 2", "(a = 1", "a IN ()", "a IS 3",
        "lable.class = 'x'", "a.b.c = 1", "weather = rain", "a NOT = 3", "\xff = 1"}) {
    EXPECT_THROW((void)Filter::parse(text), Error) << text;
  }
  std::string deep;
  for (int i = 0; i < 100'000; ++i) {
    deep += "(";
  }
  EXPECT_THROW((void)Filter::parse(deep), Error);
}

TEST(Project, InitOpenQuery) {
  const TemporaryFolder folder;
  const auto root = folder.path() / "p";
  {
    auto project = init_project(root, {.classes = {"cone"}});
    EXPECT_EQ(project.config.name, "p");
    EXPECT_THROW((void)init_project(root, {}), Error);
  }
  auto project = open_project(root);
  std::vector<Sample> samples;
  for (int i = 0; i < 10; ++i) {
    samples.push_back({.key = "s" + std::to_string(i),
                       .width = 10 * i,
                       .attributes = i % 2 == 0 ? R"({"weather":"rain","rain_mm":2.5})"
                                                : R"({"weather":"dry"})"});
  }
  project.lake->add_samples("a", samples);
  LabelSet set{.sample = "s2", .author = "t"};
  set.labels = {{.object = "1",
                 .class_name = "cone",
                 .box = {0, 0, 1, 1},
                 .attributes = R"({"colour":"green"})"},
                {.object = "2",
                 .class_name = "car",
                 .box = {0, 0, 1, 1},
                 .attributes = R"({"colour":"red"})"}};
  project.lake->add_labels("l", std::vector{set});
  project.catalog->execute("INSERT INTO flags VALUES ('f', 's3', 'why', '', 'me', 'cli', 0)");
  const auto count = [&](std::string_view text) {
    return query_keys(project, Filter::parse(text)).size();
  };
  EXPECT_EQ(count("true"), 10U);
  EXPECT_EQ(count("weather = 'rain'"), 5U);
  EXPECT_EQ(count("rain_mm > 2"), 5U);
  EXPECT_EQ(count("NOT rain_mm > 2"), 5U);
  EXPECT_EQ(count("width >= 50 AND weather = 'rain'"), 2U);
  EXPECT_EQ(count("label.class = 'cone' AND label.colour = 'green'"), 1U);
  EXPECT_EQ(count("label.class = 'cone' AND label.colour = 'red'"), 0U);
  EXPECT_EQ(count("flagged"), 1U);
  EXPECT_EQ(count("labelled AND NOT flagged"), 1U);
  EXPECT_EQ(count("key IN ('s1', 's2', 'x')"), 2U);
  EXPECT_EQ(count("key = 's1''; DROP TABLE samples; --'"), 0U);
  EXPECT_THROW((void)count("wether = 'rain'"), Error);
  const auto page = query_samples(project, Filter::parse("weather = 'rain'"), 2, "s2");
  EXPECT_EQ(page.total, 5U);
  ASSERT_EQ(page.samples.size(), 2U);
  EXPECT_EQ(page.samples[0].key, "s4");
}

TEST(Project, OfANewerVersionIsRefusedUntouched) {
  const TemporaryFolder folder;
  {
    init_project(folder.path() / "p", {})
        .catalog->execute("UPDATE meta SET value = '99' WHERE key = 'schema'");
  }
  try {
    (void)open_project(folder.path() / "p");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code, ErrorCode::kInvalid);
    EXPECT_NE(std::string(e.what()).find("newer Spotter"), std::string::npos);
  }
}

}  // namespace
}  // namespace spotter
