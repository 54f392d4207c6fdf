// The files of the target kind "folder": releases/<deployment>/ with the model's files and
// deployment.json, and the link `current`.
#pragma once
#include <filesystem>
#include <string_view>

#include "loop/deploy/deploy.h"

namespace spotter::deploy {

// Makes releases/<id>/ whole, by a temporary folder and one rename; does nothing if it is there.
void write_release(Project& project, const std::filesystem::path& target,
                   const Deployment& deployment);

// Moves the link `current` to releases/<id> by one rename. Throws kUnavailable if the folder cannot
// be written.
void point_current(const std::filesystem::path& target, std::string_view id);

}  // namespace spotter::deploy
