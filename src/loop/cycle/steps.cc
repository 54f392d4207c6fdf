#include "loop/cycle/steps.h"

#include <iterator>

#include <fmt/format.h>

#include "project/champion.h"

namespace spotter::cycle {

std::vector<Step> loop_steps() {
  std::vector<Step> steps;
  for (auto part : {collecting_steps(), learning_steps(), shipping_steps()}) {
    std::move(part.begin(), part.end(), std::back_inserter(steps));
  }
  return steps;
}

std::string champion_of(const StepContext& context) {
  return json_get_or<std::string>(context.cycle.parameters, "champion", "");
}

std::string data_key(Project& project) {
  // Order does not matter to the exclusive or, and every row counts.
  const auto lake = project.lake->query(
      "SELECT (SELECT concat(count(*), ':', bit_xor(hash(key, media, attributes))) FROM samples) "
      "|| '/' || "
      "(SELECT concat(count(*), ':', bit_xor(hash(sample, layer, revision))) FROM label_sets)");
  const auto catalog = project.catalog->query(
      "SELECT (SELECT count(*) FROM flags), (SELECT count(*) FROM verdicts)");
  return fmt::format("{}/{}:{}", lake.text(0, 0), catalog.at(0).integer(0),
                     catalog.at(0).integer(1));
}

StepResult skipped(std::string reason, Json outputs) {
  return {.state = StepState::kSkipped, .reason = std::move(reason), .outputs = std::move(outputs)};
}

}  // namespace spotter::cycle
