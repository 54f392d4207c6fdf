#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "media/image.h"
#include "trainer/trainer.h"

namespace spotter::trainer {
namespace {

std::string picture(int x) {
  media::Image image{.width = 64, .height = 48, .rgb = std::vector<std::uint8_t>(64 * 48 * 3, 90)};
  for (int row = 10; row < 30; ++row) {
    for (int column = x; column < x + 20; ++column) {
      image.rgb[static_cast<std::size_t>(row * 64 + column) * 3] = 250;
    }
  }
  return media::encode_png(image);
}

// The whole way with the program that Spotter ships: manifests out, networks in a process, answers
// in.
TEST(BuiltInTrainer, TrainsAndPredictsByTheFolderContract) {
  if (!std::filesystem::exists(program_folder() / "spotter-nn")) {
    GTEST_SKIP() << "spotter-nn is not built";
  }
  const TemporaryFolder folder;
  auto project = init_project(folder.path() / "p", {.classes = {"red"}});
  project.config.train.parameters = {
      {"input_width", 64}, {"input_height", 48}, {"steps", 3}, {"batch", 2}};
  std::vector<Sample> samples;
  std::vector<LabelSet> labels;
  std::vector<lake::VersionItem> items;
  std::vector<std::string> keys;
  for (int i = 0; i < 8; ++i) {
    const int x = 4 * i;
    const std::string key = fmt::format("s{}", i);
    samples.push_back({.key = key,
                       .media = project.blobs->put(picture(x)),
                       .media_type = "image/png",
                       .width = 64,
                       .height = 48});
    labels.push_back(
        {.sample = key, .created_at = 1, .labels = {{"0", "red", {1.0 * x, 10, x + 20.0, 30}}}});
    items.push_back({key, i < 6 ? "train" : "val", 1});
    keys.push_back(key);
  }
  project.lake->add_samples("s", samples);
  project.lake->add_labels("l", labels);
  project.lake->add_version("v", "v1", items);
  const Progress quiet = [](double, std::string_view) {};
  const auto base = fit(project, {.dataset_version = "v1"}, quiet);
  EXPECT_EQ(find_model(project, base.model).definition["runtime"], "builtin");
  const auto warm =
      fit(project, {.dataset_version = "v1", .init_model = base.model, .seed = 2}, quiet);
  EXPECT_NE(warm.model, base.model);
  const auto predicted =
      predict(project, {.model = warm.model, .keys = keys, .labels = true}, quiet);
  EXPECT_EQ(predicted.predicted, 8U);
  const auto outputs = project.lake->predictions(warm.model);
  ASSERT_EQ(outputs.size(), 8U);
  EXPECT_TRUE(
      std::all_of(outputs.begin(), outputs.end(), [](const auto& o) { return o.loss >= 0; }));
  const auto embeddings = image_embeddings(project, warm.model, keys);
  EXPECT_EQ(embeddings.keys, keys);
  EXPECT_GT(embeddings.dimensions, 8U);
}

}  // namespace
}  // namespace spotter::trainer
