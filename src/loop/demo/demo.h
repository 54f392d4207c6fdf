// The whole loop on the built-in world: a base model is trained and shipped, the rain season starts
// and a district with green cones opens, checks and flags find what the model drops, the loop mends
// it. Drives the same cycle as a user's project; only the world, the operators, the labelling team
// and the approval are simulated, and each says so.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

#include "base/json.h"

namespace spotter::demo {

struct DemoOptions {
  std::filesystem::path folder;  // made if absent
  std::uint64_t seed = 1;
  bool fast =
      false;  // a small world and little training, for tests: shows the way, not the figures
  bool resume = false;  // go on with an unfinished demo in this folder
  std::function<void(std::string_view line)> narrate;
  std::function<void(double fraction, std::string_view doing)> progress;
};

// Runs the demo to its end, or takes an unfinished one up where it stopped. Returns {"slices":
// [{"name", "before", "control", "random", "after", "low", "high", …}], "verdict", "deployed",
// "ledger", "gate_report", "project"}. Throws kConflict when the folder holds a demo and `resume`
// is not set, or something else.
Json run(const DemoOptions& options);

}  // namespace spotter::demo
