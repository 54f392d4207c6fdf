#include <fmt/format.h>

#include "loop/gate/rule.h"

namespace spotter::gate {
namespace {

Judgement judge(const SliceFacts& facts, const GateConfig& config) {
  const auto& d = facts.against_champion;
  const double gain = d.gain;
  if (facts.p_gain_adjusted < 1 - config.confidence) {
    return {Verdict::kPass, fmt::format("wins by {:+.3f}, beyond chance", gain)};
  }
  if (d.high < 0) {
    return {Verdict::kFail, fmt::format("must win, but loses {:.3f}", -gain)};
  }
  return {Verdict::kInconclusive, fmt::format("must win; {:+.3f} may be chance: {}", gain,
                                              label_more(facts, std::max(gain, 0.01)))};
}

}  // namespace

extern const Rule rule_win;
const Rule rule_win = {
    .name = "win",
    .summary = "The challenger must be better here, beyond chance",
    .judge = judge,
};

}  // namespace spotter::gate
