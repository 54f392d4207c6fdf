// Gate rules: what a slice must do for its verdict. A rule is a value in a file of its own and a
// line in registry.cc; slices name theirs in `must`.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "kernels/paired_bootstrap.h"
#include "project/config.h"

namespace spotter::gate {

enum class Verdict { kPass, kFail, kInconclusive, kHold };
[[nodiscard]] std::string_view name(Verdict verdict);

// What is known of a slice when it is judged. Metrics are the task's headline; a gain is positive
// where the challenger is better.
struct SliceFacts {
  SliceConfig slice;
  kernels::Difference against_champion;
  bool has_control = false;
  kernels::Difference against_control;
  double p_loss_adjusted = 1;  // Holm over the blocking slices
  double p_gain_adjusted = 1;  // Holm over the slices that must win
};

struct Judgement {
  Verdict verdict = Verdict::kPass;
  std::string reason;  // one sentence for a person
};

struct Rule {
  std::string_view name;  // "win", as in `must`
  std::string_view summary;
  Judgement (*judge)(const SliceFacts& facts, const GateConfig& config);
};

[[nodiscard]] std::span<const Rule* const> all_rules();
// Throws kInvalid with "did you mean".
[[nodiscard]] const Rule& rule_named(std::string_view name);

// "label about N more" for a slice whose interval is too wide: N objects of it, rounded to two
// digits.
[[nodiscard]] std::string label_more(const SliceFacts& facts, double wanted_half_width);

}  // namespace spotter::gate
