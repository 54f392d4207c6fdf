#include "loop/demo/stage.h"

#include <fmt/format.h>

namespace spotter::demo {
namespace {

// Parts must not share scenes, so each has a seed of its own.
world::Options part(std::uint64_t seed, std::uint64_t number, int scenes) {
  return {.scenes = scenes, .seed = seed * 1000 + number};
}

Part test_part(const Sizes& sizes, std::uint64_t seed, std::uint64_t number,
               const std::string& name) {
  Part p{.folder = "test-" + name, .options = part(seed, number, sizes.test_scenes)};
  p.options.frames_per_scene = 2;
  p.options.prefix = "test-" + name;
  p.options.split = "test";
  p.options.only_weather = "clear";
  p.options.only_time = "day";
  p.options.only_district = "old_town";
  return p;
}

}  // namespace

Sizes sizes_of(bool fast) {
  if (!fast) {
    return {};
  }
  return {.base_scenes = 60,
          .production_scenes = 90,
          .test_scenes = 24,
          .base_steps = 160,
          .more_steps = 60,
          .budget = 60,
          .resamples = 500,
          .random_arm = false};
}

std::vector<Part> first_parts(const Sizes& sizes, std::uint64_t seed) {
  Part base{.folder = "base", .options = part(seed, 1, sizes.base_scenes)};
  base.options.week_last = 2;
  base.options.prefix = "base";
  base.options.split = "train";
  auto clear = test_part(sizes, seed, 2, "clear");
  clear.options.only_district.clear();
  clear.options.week_last = 2;  // before the harbour opens: no green cones
  auto night = test_part(sizes, seed, 3, "night");
  night.options.only_time = "night";
  night.options.only_district.clear();
  night.options.week_last = 2;
  return {base, clear, night};
}

Part production_part(const Sizes& sizes, std::uint64_t seed) {
  Part p{.folder = "production", .options = part(seed, 4, sizes.production_scenes)};
  p.options.week_first = 3;
  p.options.week_last = 8;
  p.options.split = "train";  // what is collected from it trains; the test drives test
  return p;
}

std::vector<Part> later_tests(const Sizes& sizes, std::uint64_t seed) {
  auto rain = test_part(sizes, seed, 5, "rain");
  rain.options.only_weather = "rain";
  auto green = test_part(sizes, seed, 6, "green");
  green.options.only_district = "harbour";
  for (auto* p : {&rain, &green}) {
    p->options.week_first = 4;
    p->options.week_last = 8;
  }
  return {rain, green};
}

std::string config_text(const Sizes& sizes, bool with_new_slices) {
  const std::string more = !with_new_slices ? "" : R"(
  - name: rain            # added when triage showed it: the rain season has started
    where: "weather = 'rain'"
    class: cone
    weight: 3
    must: win
  - name: green_cones     # added when operators flagged them: the harbour has opened
    where: "label.class = 'cone' AND label.colour = 'green'"
    class: cone
    weight: 5
    must: win)";
  return fmt::format(
      R"(# The demo's project. Everything in it is what a team would write, but for label.team: the
# simulated labelling team reveals the world's hidden truth, with honest mistakes.
name: street
task: detection
classes: [vehicle, pedestrian, cone]
slices:
  - name: clear
    where: "weather = 'clear' AND night = false AND district != 'harbour'"
    class: cone
  - name: night
    where: "night = true"
    class: cone
  - name: vehicles
    where: "weather = 'clear'"
    class: vehicle{}
checks:                  # those of the story; without this list every check runs
  - name: flags
  - name: error_types
  - name: sensor_disagreement
  - name: embedding_distance
curate:
  budget: {}
label:
  team: simulated
  truth: world/production/truth.jsonl
  error_rate: 0.03
train:
  parameters: {{steps: {}, batch: 16, input_width: 256, input_height: 160, scale_min: 1, scale_max: 1}}
  warm_parameters: {{steps: {}, learning_rate: 0.002}}
  control: {}
  random_control: {}
gate:
  margin: 0.05
  resamples: {}
  suspicious_gain: 0.6
)",
      more, sizes.budget, sizes.base_steps, sizes.more_steps, with_new_slices,
      with_new_slices && sizes.random_arm, sizes.resamples);
}

}  // namespace spotter::demo
