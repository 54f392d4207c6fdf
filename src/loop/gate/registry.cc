#include <array>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "loop/gate/rule.h"

// To add a gate rule, write gate/<name>.cc that defines `const Rule rule_<name>` and add a line
// here.
#define SPOTTER_GATE_RULES(X) \
  X(win) \
  X(not_lose) \
  X(report)

namespace spotter::gate {

#define X(name) extern const Rule rule_##name;
SPOTTER_GATE_RULES(X)
#undef X

std::span<const Rule* const> all_rules() {
#define X(name) &rule_##name,
  static constexpr std::array kRules = {SPOTTER_GATE_RULES(X)};
#undef X
  return kRules;
}

const Rule& rule_named(std::string_view name) {
  std::vector<std::string> known;
  for (const auto* rule : all_rules()) {
    if (rule->name == name) {
      return *rule;
    }
    known.emplace_back(rule->name);
  }
  fail(ErrorCode::kInvalid,
       fmt::format("there is no gate rule \"{}\"{}", name, did_you_mean(name, known)));
}

std::string_view name(Verdict verdict) {
  constexpr std::array<std::string_view, 4> kNames = {"pass", "fail", "inconclusive", "hold"};
  return kNames[static_cast<std::size_t>(verdict)];
}

std::string label_more(const SliceFacts& facts, double wanted_half_width) {
  const auto& d = facts.against_champion;
  const double factor = kernels::more_scenes_factor(d, wanted_half_width);
  const double more = std::max(1.0, (factor - 1) * static_cast<double>(d.truth_count));
  const double digits = std::pow(10, std::max(0.0, std::floor(std::log10(more)) - 1));
  constexpr double kMost = 100'000;
  return more > kMost ? "too few objects to tell: collect many more of this slice"
                      : fmt::format("label about {:.0f} more objects of this slice",
                                    std::ceil(more / digits) * digits);
}

}  // namespace spotter::gate
