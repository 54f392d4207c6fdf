// The model that is deployed.
#pragma once
#include <string>

#include "project/project.h"

namespace spotter {

// Identifier of the champion, the model that the alias of that name stands for; empty = none is.
[[nodiscard]] std::string champion_id(Project& project);

}  // namespace spotter
