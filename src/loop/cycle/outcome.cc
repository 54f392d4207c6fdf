#include "loop/cycle/outcome.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace spotter::cycle {
namespace {

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::size_t size_of(const Json& outputs, const char* key) {
  return json_get_or(outputs, key, Json(Json::array())).size();
}

std::string word(const Json& outputs, const char* key) {
  const auto found = outputs.find(key);
  return found != outputs.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string trained(const Json& outputs) {
  std::vector<std::string> names;
  for (const auto& run : json_get_or(outputs, "runs", Json(Json::array()))) {
    names.push_back(word(run, "name"));
  }
  return names.empty() ? "" : fmt::format("trained {}", fmt::join(names, ", "));
}

std::string judged(const Json& outputs) {
  const auto note = word(outputs, "note");
  return fmt::format("{}{}", word(outputs, "verdict"), note.empty() ? "" : ", but " + note);
}

std::string alarms(const Json& outputs) {
  const auto list = json_get_or(outputs, "alarms", std::vector<std::string>{});
  return list.empty() ? "no alarm" : fmt::format("alarm: {}", fmt::join(list, ", "));
}

std::string deployed(const Json& outputs) {
  const auto name = word(outputs, "model_name");
  return word(outputs, "decision") != "shipped" || name.empty()
             ? ""
             : fmt::format("{} is at {} now", name, word(outputs, "target"));
}

}  // namespace

std::string outcome(const StepRow& step) {
  const auto& out = step.outputs;
  if (step.state != StepState::kDone) {
    return "";
  }
  return step.name == "ingest"   ? counted(size_of(out, "imports"), "source") + " read"
         : step.name == "checks" ? counted(size_of(out, "runs"), "check") + " ran"
         : step.name == "triage" ? counted(size_of(out, "modes"), "failure mode") + " to work on"
         : step.name == "curate"
             ? counted(json_get_or<std::size_t>(out, "picked", 0), "sample") + " picked"
         : step.name == "label"    ? "the labels are in"
         : step.name == "version"  ? word(out, "version")
         : step.name == "train"    ? trained(out)
         : step.name == "evaluate" ? counted(size_of(out, "evaluations"), "model") + " evaluated"
         : step.name == "gate"     ? judged(out)
         : step.name == "deploy"   ? deployed(out)
         : step.name == "monitor"  ? alarms(out)
                                   : "";
}

}  // namespace spotter::cycle
