// The eleven steps of the loop as values for the engine: what each depends on, and what it calls.
// No step knows another; they meet in the catalog, the lake and the outputs that the journal keeps.
#pragma once
#include <vector>

#include "loop/cycle/engine.h"

namespace spotter::cycle {

// ingest checks triage curate label version train evaluate gate deploy monitor
[[nodiscard]] std::vector<Step> loop_steps();

// In the order of the table; each in the file that its name says.
[[nodiscard]] std::vector<Step> collecting_steps();  // ingest checks triage curate label
[[nodiscard]] std::vector<Step> learning_steps();    // version train evaluate
[[nodiscard]] std::vector<Step> shipping_steps();    // gate deploy monitor

// The model that the cycle started with, "" when there was none: fixed in the cycle's parameters.
[[nodiscard]] std::string champion_of(const StepContext& context);
// What the lake and the catalog hold that steps depend on, as a short text: samples, labels, flags,
// verdicts.
[[nodiscard]] std::string data_key(Project& project);
[[nodiscard]] StepResult skipped(std::string reason, Json outputs = Json::object());

}  // namespace spotter::cycle
