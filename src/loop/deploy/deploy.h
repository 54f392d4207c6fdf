// Puts models to work and takes them back. A target is a place; the log of what arrived there,
// when, why and by whom is append-only. Target kind "folder": each deployment is a release folder,
// and the link `current` moves to it by one rename, so that a reader sees the old model or the new
// one, never a mixture.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "project/project.h"

namespace spotter::deploy {

struct Deployment {
  std::string id;
  std::string target;
  std::string model;
  std::string previous;  // model before it, empty for the first
  std::string action;    // "deploy", "rollback"
  std::string author;
  std::string reason;
  std::string gate_report;  // that allowed it, or empty
  TimeMs created_at = 0;
  bool changed = true;  // false: this model was there already
};

struct DeployOptions {
  std::string model;   // id, name or alias
  std::string target;  // empty = the configuration's deploy.target
  std::string reason;
  bool force = false;  // without an approved gate report; needs a reason
  std::string cycle;   // makes the deployment's id deterministic
};

// Why a person's word keeps this model from the target: empty when the newest decision about it is
// no hold, when it is there already, or with `force`. Throws kNotFound for an unknown model.
[[nodiscard]] std::string held(Project& project, const DeployOptions& options);

// Publishes the model. Never while it is held. Allowed when the target is empty, or when a gate
// report compared this model with the one that is there now and a person approved it (or the
// verdict is pass and gate.approval is "auto"), or by force. Moves the alias "champion" when the
// target is the configuration's. Throws kConflict with what is missing. Calling again after a kill
// finishes the same deployment.
Deployment deploy(Project& project, const DeployOptions& options);

struct RollbackOptions {
  std::string target;
  std::string reason;
};
// Publishes the model that was there before the present one; throws kConflict when there is none.
Deployment rollback(Project& project, const RollbackOptions& options);

// The log of a target (empty = all), newest first.
[[nodiscard]] std::vector<Deployment> history(Project& project, std::string_view target = {});
// The model at a target, empty if none.
[[nodiscard]] std::string current_model(Project& project, std::string_view target);
[[nodiscard]] std::filesystem::path target_folder(const Project& project, std::string_view target);
[[nodiscard]] Json to_json(const Deployment& deployment);

// Models, newest first: {"models": [{"id","name","dataset_version","parent","aliases","targets",
// …}]}.
[[nodiscard]] Json list_models(Project& project);
// Points an alias to a model (id, name or alias); the audit log keeps who and when.
void set_alias(Project& project, std::string_view alias, std::string_view model);

}  // namespace spotter::deploy
