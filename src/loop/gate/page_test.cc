#include "loop/gate/page.h"

#include <gtest/gtest.h>

#include "loop/gate/gate.h"
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

// The slice "rain" came from a failure mode.
std::string title(const std::string& slice) {
  return slice == "rain" ? "missed cones in rain" : std::string();
}

std::string made(const Json& report) {
  return page(report, picture, title);
}

bool has(const std::string& html, const std::string& what) {
  return html.find(what) != std::string::npos;
}

TEST(GatePage, SaysTheVerdictInWordsAndHowToDecide) {
  const auto pass = made(report("pass"));
  EXPECT_TRUE(has(pass, "m2 against m1"));
  EXPECT_TRUE(has(pass, "Better where it should be, and nowhere worse."));
  auto no_wish = report("pass");
  for (auto& slice : no_wish["slices"]) {
    slice["must"] = "not_lose";
  }
  EXPECT_TRUE(has(made(no_wish), "Nowhere worse; nothing had to get better."));
  EXPECT_TRUE(has(pass, "<code>spotter approve gate_1</code>"));
  EXPECT_TRUE(has(pass, "<code>spotter approve gate_1 --hold</code>"));
  EXPECT_TRUE(has(pass, "Compared 24 Nov 2026, 00:00 UTC"));
  EXPECT_TRUE(has(pass, "12 test pictures of 6 scenes, v2"));
  EXPECT_TRUE(has(pass, "1 min 1 s of machines, $0.02"));
  const auto open = made(report("inconclusive"));
  EXPECT_TRUE(has(open, "Too few pictures to be sure."));
  EXPECT_TRUE(has(open, "1 undecided, 1 passed"));
  EXPECT_TRUE(has(open, "<code>spotter approve gate_1 --note \"why\"</code>"));
  EXPECT_TRUE(has(made(report("hold")), "too good to be true"));
}

TEST(GatePage, WhatFailedIsNotOfferedForShipping) {
  const auto fails = made(report("fail"));
  EXPECT_TRUE(has(fails, "Worse where it must not be."));
  EXPECT_EQ(count(fails, "spotter approve gate_1"), count(fails, "spotter approve gate_1 --hold"));
}

TEST(GatePage, PartsHaveTitlesAndScoresArePoints) {
  Json r = report("inconclusive");
  r["reasons"] = {
      "rain: -0.008, but a loss of 0.051 cannot be ruled out: label about 1 more "
      "objects of this slice",
      "is 10.123 long"};
  r["slices"][0]["truths"] = 1563;
  const auto html = made(r);
  EXPECT_TRUE(has(html,
                  "Missed cones in rain: −0.8, but a loss of 5.1 cannot be ruled out: label about "
                  "1 more object like these"));
  EXPECT_TRUE(has(html, "Is 10.123 long"));
  EXPECT_TRUE(has(html, "<b>Everything</b><small>1,563 objects, 6 scenes</small>"));
  EXPECT_TRUE(has(html, "<b>+30.0</b>"));
  EXPECT_TRUE(has(html, "+25.0 to +35.0"));
  EXPECT_TRUE(has(html, "a loss so small that it is allowed, up to 2.0"));
}

TEST(GatePage, AGainIsTheDatasOnlyBeyondTheControl) {
  Json r = report("pass");
  r["control"] = model("m3");
  r["slices"][0]["credited"] = false;
  r["slices"][1]["credited"] = true;
  const auto html = made(r);
  EXPECT_EQ(count(html, "perhaps only due to more training"), 1U);
  EXPECT_EQ(count(html, "</i> due to the new data"), 1U);
  EXPECT_FALSE(has(made(report("pass")), "due to"));
}

TEST(GatePage, WhatIsNotMeasuredHasNoChange) {
  Json r = report("fail");
  for (const char* key : {"before", "after"}) {
    r["slices"][1][key] = -1;
  }
  EXPECT_EQ(count(made(r), "<svg class=\"interval"), 1U);
}

TEST(GatePage, IsOneFileWithoutOutsideResources) {
  const auto html = made(report("pass"));
  for (const char* outside : {"http:", "https:", "<link", "<script", "@import", "url("}) {
    EXPECT_FALSE(has(html, outside)) << outside;
  }
}

TEST(GatePage, TextFromOutsideIsEscaped) {
  const auto html = made(report("pass"));
  EXPECT_FALSE(has(html, "a<script>"));
  EXPECT_TRUE(has(html, "a&lt;script&gt;"));
  EXPECT_TRUE(has(html, "wins &amp; more"));
  EXPECT_TRUE(has(html, "ecause of &lt;this&gt;"));
}

TEST(GatePage, PicturesAreEmbeddedOnceAndShowWhatChanged) {
  const auto html = made(report("pass"));
  EXPECT_EQ(count(html, "data:image/jpeg;base64,"), 1U);
  EXPECT_EQ(count(html, "href=\"#regressions-0\""), 2U);
  EXPECT_EQ(count(html, "<rect class=\"found\""), 1U);
  EXPECT_EQ(count(html, "<rect class=\"missed\""), 1U);
  EXPECT_EQ(count(html, "<rect class=\"alarm\""), 1U);
  EXPECT_FALSE(has(html, "class=\"quiet\""));
  Json without = report("pass");
  without["regressions"][0]["media"] = "gone";
  EXPECT_EQ(count(made(without), "data:image"), 0U);
}

TEST(GatePage, PicturesAreCutToWhatChangedAndTheRestIsQuiet) {
  Json r = report("pass");
  auto& item = r["regressions"][0];
  item["width"] = 640;  // the stored picture is smaller than the sample says: boxes still fit
  item["height"] = 400;
  for (const char* side : {"before", "after"}) {
    item[side].push_back(
        {{"class", "cone"}, {"score", 0.9}, {"kind", "fp"}, {"box", {300, 200, 320, 240}}});
  }
  const auto html = made(r);
  EXPECT_EQ(count(html, "<g class=\"quiet\">"), 2U);
  EXPECT_EQ(count(html, "viewBox=\"0.00 0.00 213.33 133.33\""), 2U);
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
  const auto html = made(first);
  EXPECT_TRUE(has(html, "The first model"));
  EXPECT_FALSE(has(html, "Worst losses"));
  EXPECT_FALSE(has(html, ">Change<"));
}

TEST(GatePage, AModelThatFindsNothingIsNotPraised) {
  Json weak = report("pass");
  weak["slices"][0]["before"] = 0.003;
  weak["slices"][0]["after"] = 0.004;
  weak["slices"][0]["found"] = 11;
  weak["slices"][0]["truths"] = 292;
  EXPECT_EQ(weakness(weak), "it finds 11 of 292 objects (AP50 0.004): too little to be of use");
  const auto html = page(weak, [](const std::string&) { return std::string(); }, {});
  EXPECT_NE(html.find("too weak to be of use"), std::string::npos);
  EXPECT_NE(html.find("<li>It finds 11 of 292 objects (score 0.4): too little"), std::string::npos);
  weak["slices"][0]["found"] = 250;
  EXPECT_NE(weakness(weak).find("too many false alarms"), std::string::npos);
  weak["slices"][0]["after"] = 0.05;
  EXPECT_EQ(weakness(weak), "");
}

}  // namespace
}  // namespace spotter::gate
