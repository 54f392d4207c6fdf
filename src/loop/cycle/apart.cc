#include "loop/cycle/apart.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "loop/cycle/cycle.h"

namespace spotter::cycle {
namespace {

std::vector<std::string> command(const Project& project, const std::string& verb) {
  return {"cycle", verb, "--project", project.root.string(), "--json"};
}

}  // namespace

Json start_apart(Project& project, const StartProcess& start) {
  check_startable(project);
  start(command(project, "run"));
  return {{"started", true}};
}

Json resume_apart(Project& project, std::string_view cycle, const StartProcess& start) {
  const Journal journal(project);
  const auto row = journal.load(cycle);
  if (row.state == CycleState::kCancelled || row.state == CycleState::kDone) {
    fail(ErrorCode::kConflict, fmt::format("cycle {} is {}; there is nothing to go on with",
                                           row.number, name(row.state)));
  }
  if (const auto newest = journal.newest(); newest && newest->id != row.id) {
    fail(ErrorCode::kConflict, fmt::format("cycle {} is the newest; cycle {} stays as it is",
                                           newest->number, row.number));
  }
  if (runner_alive(project)) {
    fail(ErrorCode::kConflict, fmt::format("cycle {} is at work already", row.number));
  }
  Json asked = status(project, row.id);
  start(command(project, "resume"));
  return asked;
}

Json cancel_apart(Project& project, std::string_view cycle, const StartProcess& start) {
  Journal journal(project);
  const auto row = journal.load(cycle);
  if (row.state == CycleState::kCancelled || row.state == CycleState::kDone ||
      !runner_alive(project)) {
    return cancel(project, row.id);
  }
  journal.request_cancel(row.id);
  auto arguments = command(project, "cancel");
  arguments.push_back(row.id);
  start(arguments);
  return status(project, row.id);
}

}  // namespace spotter::cycle
