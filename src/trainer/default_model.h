// Which model is meant where nobody names one.
#pragma once
#include <optional>
#include <string>

#include "trainer/trainer.h"

namespace spotter::trainer {

// The model that `name` names (id, name or alias); for an empty name the champion, or while none is
// deployed the project's only model. Nothing when there is none, or several and no champion. Throws
// kNotFound for an unknown name.
[[nodiscard]] std::optional<Model> model_or_default(Project& project, const std::string& name);

// What to do where there are several models and no champion, so that none is meant; else empty.
[[nodiscard]] std::string model_to_name(Project& project);

}  // namespace spotter::trainer
