// A pinch of a project as two deliveries in files: labelled samples to start with, and production
// without labels whose hidden truth lies beside it for the simulated team. For rehearsals.
#pragma once
#include <cstddef>
#include <filesystem>

#include "project/project.h"

namespace spotter::cycle {

struct Pinch {
  std::size_t labelled = 0;
  std::size_t production = 0;
  std::filesystem::path start;            // samples.jsonl with labels
  std::filesystem::path production_file;  // samples.jsonl without; every third is flagged
  std::filesystem::path truth;
};

// Writes about `samples_max` labelled samples of whole scenes, spread over the project, below
// `folder`; half of the scenes play production. Pictures are linked where the disk allows, else
// copied. Throws kInvalid when fewer than eight samples have labels.
Pinch write_pinch(Project& project, std::size_t samples_max, const std::filesystem::path& folder);

}  // namespace spotter::cycle
