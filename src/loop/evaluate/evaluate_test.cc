#include "loop/evaluate/evaluate.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "trainer/toy_project.h"

namespace spotter::evaluate {
namespace {

class Evaluate : public testing::Test {
 protected:
  static Config config() {
    Config c{.classes = {"cone", "car"}};
    c.slices = {{.name = "rain", .where = "weather = 'rain'"},
                {.name = "fog", .where = "weather = 'fog'"}};
    return c;
  }
  ToyProject toy_{config()};
  Project& project_ = toy_.project();
};

TEST_F(Evaluate, StoresAMatchForEachObject) {
  toy_.add_model("old", [](int scene) { return ToyProject::rainy(scene) ? 0.0 : 1.0; }, 0);
  const Json result = evaluate(project_, {.model = "old"}, {});
  const std::size_t pictures = toy_.keys().size();
  EXPECT_EQ(result["version"], "v1");
  EXPECT_EQ(result["samples"], pictures);
  EXPECT_EQ(result["scenes"], ToyProject::kScenes);
  EXPECT_NEAR(result["overall"]["AR100"].get<double>(), 0.5, 1e-12);
  EXPECT_EQ(result["classes"]["cone"]["truths"], 2 * pictures);
  EXPECT_EQ(result["classes"]["car"]["AP"], -1.0);
  ASSERT_EQ(result["slices"].size(), 3U);
  EXPECT_EQ(result["slices"][1]["name"], "fog");
  EXPECT_EQ(result["slices"][1]["AP50"], -1.0);
  EXPECT_EQ(result["slices"][2]["AP50"], 0.0);
  std::size_t found = 0;
  std::size_t missed = 0;
  for (const auto& match : project_.lake->matches(result["id"].get<std::string>())) {
    found += match.kind == "tp" ? 1 : 0;
    missed += match.kind == "fn" && match.error == "miss" ? 1 : 0;
  }
  EXPECT_EQ(found, pictures);  // two objects in half of the pictures
  EXPECT_EQ(missed, pictures);
  EXPECT_EQ(evaluate(project_, {.model = "old"}, {})["id"], result["id"]);
  EXPECT_EQ(list(project_)["evaluations"].size(), 1U);
}

TEST_F(Evaluate, CompareNamesTheObjectsFixedAndBroken) {
  toy_.add_model("old", [](int scene) { return ToyProject::rainy(scene) ? 0.0 : 1.0; });
  toy_.add_model("new", [](int scene) { return scene == 0 ? 0.0 : 1.0; });
  const Json change = compare(project_, "old", "new", 0.3, {});
  EXPECT_EQ(change["objects"], 2 * toy_.keys().size());
  EXPECT_EQ(change["fixed_count"], toy_.keys().size());
  EXPECT_EQ(change["broken_count"], 4);
  EXPECT_EQ(change["broken"][0]["sample"], "s00-0");
  EXPECT_EQ(compare(project_, "old", "new", 1, {})["fixed_count"], 0);  // nobody is so sure
}

TEST_F(Evaluate, WrongNamesAreRefused) {
  toy_.add_model("old", [](int) { return 1.0; });
  EXPECT_THROW(static_cast<void>(evaluate(project_, {.model = "odl"}, {})), Error);
  EXPECT_THROW(static_cast<void>(evaluate(project_, {.model = "old", .version = "v9"}, {})), Error);
  EXPECT_THROW(static_cast<void>(evaluate(project_, {.model = "old", .split = "val"}, {})), Error);
}

}  // namespace
}  // namespace spotter::evaluate
