#include <fmt/format.h>

#include "loop/gate/rule.h"

namespace spotter::gate {
namespace {

Judgement judge(const SliceFacts& facts, const GateConfig&) {
  const auto& d = facts.against_champion;
  return {Verdict::kPass, fmt::format("{:+.3f}; only reported", d.gain)};
}

}  // namespace

extern const Rule rule_report;
const Rule rule_report = {
    .name = "report",
    .summary = "The slice is shown and decides nothing",
    .judge = judge,
};

}  // namespace spotter::gate
