#include "trainer/default_model.h"

#include <fmt/format.h>

#include "project/champion.h"

namespace spotter::trainer {
namespace {

struct Defaults {
  std::string model;   // its identifier; empty = none
  std::string newest;  // name of the newest model; empty = there is none
};

Defaults defaults_of(Project& project) {
  const auto newest = project.catalog->query(
      "SELECT id, name, (SELECT count(*) FROM models) FROM models ORDER BY created_at DESC, id "
      "DESC LIMIT 1");
  Defaults defaults;
  defaults.model = champion_id(project);
  if (defaults.model.empty() && !newest.empty() && newest[0].integer(2) == 1) {
    defaults.model = newest[0].text(0);
  }
  defaults.newest = newest.empty() ? "" : newest[0].text(1);
  return defaults;
}

}  // namespace

std::optional<Model> model_or_default(Project& project, const std::string& name) {
  const auto wanted = name.empty() ? defaults_of(project).model : name;
  return wanted.empty() ? std::nullopt : std::optional(find_model(project, wanted));
}

std::string model_to_name(Project& project) {
  const auto defaults = defaults_of(project);
  return defaults.newest.empty() || !defaults.model.empty()
             ? ""
             : fmt::format("no model is deployed: name one with --model (newest: {})",
                           defaults.newest);
}

}  // namespace spotter::trainer
