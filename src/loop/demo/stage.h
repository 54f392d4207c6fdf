// The sizes and the configuration of the demo.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "world/world.h"

namespace spotter::demo {

struct Sizes {
  int base_scenes = 250;        // weeks 1 and 2: dry, orange cones
  int production_scenes = 450;  // weeks 3 to 8
  int test_scenes = 110;        // of each kind
  int base_steps = 900;
  int more_steps = 480;  // of the challenger, the control and the random arm
  int budget = 240;      // samples that the campaign may collect
  int resamples = 2000;
  bool random_arm = true;
};

[[nodiscard]] Sizes sizes_of(bool fast);

// A part of the world with the folder below the demo's `world/` that it is drawn into.
struct Part {
  std::string folder;
  world::Options options;
};

// What is there before the first model: base and the test sets that could be made then.
[[nodiscard]] std::vector<Part> first_parts(const Sizes& sizes, std::uint64_t seed);
// What the weeks bring: unlabelled production, and labelled test drives in rain and among green
// cones.
[[nodiscard]] Part production_part(const Sizes& sizes, std::uint64_t seed);
[[nodiscard]] std::vector<Part> later_tests(const Sizes& sizes, std::uint64_t seed);

// spotter.yaml before and after the engineer added the slices that triage brought up.
[[nodiscard]] std::string config_text(const Sizes& sizes, bool with_new_slices);

}  // namespace spotter::demo
