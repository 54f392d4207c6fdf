#include <fmt/format.h>

#include "loop/gate/rule.h"

namespace spotter::gate {
namespace {

Judgement judge(const SliceFacts& facts, const GateConfig& config) {
  const auto& d = facts.against_champion;
  const double gain = d.gain;
  if (gain < -config.margin && facts.p_loss_adjusted < 1 - config.confidence) {
    return {Verdict::kFail,
            fmt::format("loses {:.3f}, beyond chance and beyond the margin of {:.3f}", -gain,
                        config.margin)};
  }
  if (d.low > -config.margin) {
    return {Verdict::kPass,
            fmt::format("{:+.3f}; a loss beyond {:.3f} is ruled out", gain, config.margin)};
  }
  return {Verdict::kInconclusive,
          fmt::format("{:+.3f}, but a loss of {:.3f} cannot be ruled out: {}", gain, -d.low,
                      label_more(facts, std::max(gain + config.margin, 0.005)))};
}

}  // namespace

extern const Rule rule_not_lose;
const Rule rule_not_lose = {
    .name = "not_lose",
    .summary = "The challenger may lose at most the margin here, beyond chance",
    .judge = judge,
};

}  // namespace spotter::gate
