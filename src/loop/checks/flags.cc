// What people noticed: the operator's button, a customer's complaint, a reviewer's remark.
#include <map>

#include <fmt/format.h>

#include "loop/checks/check.h"

namespace spotter::checks {
namespace {

CheckOutput run(const CheckInput& input) {
  CheckOutput output;
  output.examined.assign(input.samples.size(), 1);
  std::map<std::string_view, const Sample*> by_key;
  for (const auto& sample : input.samples) {
    by_key.emplace(sample.key, &sample);
  }
  for (const auto& flag : input.flags) {
    if (!by_key.contains(flag.sample)) {
      continue;
    }
    const Json evidence = {{"reason", flag.reason},
                           {"author", flag.author},
                           {"flagged_at", iso_time(flag.created_at)}};
    output.findings.push_back(
        {.sample = flag.sample,
         .object = flag.id,
         .error = "flagged",
         .score = 1,
         .box = flag.box,
         .evidence = evidence.dump(-1, ' ', false, Json::error_handler_t::replace)});
  }
  return output;
}

}  // namespace

extern const Check flags;
const Check flags = {
    .name = "flags",
    .summary = "Samples that a person flagged and that the model has not learned from yet",
    .method =
        "Each flag on a sample outside the training split of the model's dataset version is a "
        "finding with score 1. A flag is settled once its sample has been labelled and trained on.",
    .needs = kNeedsFlags,
    .population = Population::kUnseen,
    .params = {},
    .run = run,
};

}  // namespace spotter::checks
