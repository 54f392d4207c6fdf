#include "loop/gate/page.h"

#include <gtest/gtest.h>

#include "media/image.h"

namespace spotter::gate {
namespace {

Json model(const char* name) {
  return {{"id", name},
          {"name", name},
          {"dataset_version", "v1"},
          {"kind", "train"},
          {"cpu_seconds", 10.0}};
}

Json slice(const char* name, const char* must, const char* verdict, double before, double after) {
  return {{"name", name},
          {"where", "true"},
          {"class", ""},
          {"must", must},
          {"blocking", true},
          {"samples", 12},
          {"scenes", 6},
          {"truths", 40},
          {"before", before},
          {"after", after},
          {"delta", after - before},
          {"low", after - before - 0.05},
          {"high", after - before + 0.05},
          {"verdict", verdict},
          {"reason", "because of <this>"}};
}

Json report(const char* verdict) {
  Json r = {{"id", "gate_1"},
            {"verdict", verdict},
            {"reasons", {"rain: wins & more"}},
            {"first_model", false},
            {"champion", model("m1")},
            {"challenger", model("m2")},
            {"control", nullptr},
            {"random", nullptr},
            {"version", "v2"},
            {"samples", 12},
            {"scenes", 6},
            {"margin", 0.02},
            {"confidence", 0.95},
            {"created_at", "2026-11-24T00:00:00Z"}};
  r["cost"] = {{"machine_seconds", 61.0}, {"money", 0.02}, {"currency", "USD"}};
  r["slices"] = Json::array(
      {slice("all", "not_lose", "pass", 0.5, 0.6), slice("rain", "win", verdict, 0.2, 0.5)});
  Json item = {{"sample", "a<script>"},
               {"media", "picture"},
               {"width", 64},
               {"height", 40},
               {"note", "1 object lost"}};
  item["attributes"] = {{"weather", "rain"}, {"night", false}};
  item["labels"] = Json::array({{{"class", "cone"}, {"box", {1, 2, 11, 12}}}});
  item["before"] =
      Json::array({{{"class", "cone"}, {"score", 0.9}, {"kind", "tp"}, {"box", {1, 2, 11, 12}}}});
  item["after"] =
      Json::array({{{"class", "cone"}, {"score", 0.4}, {"kind", "fp"}, {"box", {30, 2, 41, 12}}}});
  r["regressions"] = Json::array({item});
  r["fixes"] = Json::array();
  return r;
}

std::string picture(const std::string& media) {
  media::Image image{.width = 64, .height = 40};
  image.rgb.assign(64 * 40 * 3, 90);
  return media == "picture" ? media::encode_png(image) : std::string();
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++n;
  }
  return n;
}

TEST(GatePage, SaysTheVerdictAndWhatToDo) {
  const auto pass = page(report("pass"), picture);
  EXPECT_NE(pass.find("m2 may replace m1"), std::string::npos);
  EXPECT_NE(pass.find("spotter approve gate_1"), std::string::npos);
  const auto fails = page(report("fail"), picture);
  EXPECT_NE(fails.find("m2 must not replace m1"), std::string::npos);
  EXPECT_EQ(count(fails, "spotter approve gate_1"), count(fails, "spotter approve gate_1 --hold"));
  EXPECT_NE(page(report("inconclusive"), picture).find("cannot yet tell"), std::string::npos);
  EXPECT_NE(page(report("hold"), picture).find("Rule out"), std::string::npos);
}

TEST(GatePage, IsOneFileWithoutOutsideResources) {
  const auto html = page(report("pass"), picture);
  for (const char* outside : {"http:", "https:", "<link", "<script", "@import", "url("}) {
    EXPECT_EQ(html.find(outside), std::string::npos) << outside;
  }
}

TEST(GatePage, TextFromOutsideIsEscaped) {
  const auto html = page(report("pass"), picture);
  EXPECT_EQ(html.find("a<script>"), std::string::npos);
  EXPECT_NE(html.find("a&lt;script&gt;"), std::string::npos);
  EXPECT_NE(html.find("wins &amp; more"), std::string::npos);
  EXPECT_NE(html.find("because of &lt;this&gt;"), std::string::npos);
}

TEST(GatePage, PicturesAreEmbeddedOnceAndShowWhatChanged) {
  const auto html = page(report("pass"), picture);
  EXPECT_EQ(count(html, "data:image/jpeg;base64,"), 1U);
  EXPECT_EQ(count(html, "href=\"#regressions-0\""), 2U);
  EXPECT_EQ(count(html, "<rect class=\"hit\""), 1U);
  EXPECT_EQ(count(html, "<rect class=\"lost\""), 1U);
  EXPECT_EQ(count(html, "<rect class=\"alarm\""), 1U);
  Json without = report("pass");
  without["regressions"][0]["media"] = "gone";
  EXPECT_EQ(count(page(without, picture), "data:image"), 0U);
}

TEST(GatePage, FirstModelsHaveNothingToCompareWith) {
  Json first = report("pass");
  first["first_model"] = true;
  first["champion"] = nullptr;
  first["regressions"] = Json::array();
  for (auto& s : first["slices"]) {
    for (const char* key : {"before", "delta", "low", "high"}) {
      s.erase(key);
    }
  }
  const auto html = page(first, picture);
  EXPECT_NE(html.find("m2 is the first model"), std::string::npos);
  EXPECT_EQ(html.find("Worst regressions"), std::string::npos);
  EXPECT_EQ(html.find(">Change<"), std::string::npos);
}

}  // namespace
}  // namespace spotter::gate
