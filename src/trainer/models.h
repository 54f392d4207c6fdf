// How models come into the registry, with their lineage. Not for callers outside trainer/: those
// use trainer.h.
#pragma once
#include <filesystem>
#include <string>

#include "trainer/trainer.h"

namespace spotter::trainer {

struct ModelOrigin {
  std::string name;  // empty = the next "m<number>"
  std::string run;
  std::string dataset_version;
  std::string parent;  // model that it was warm-started from
};

// Stores the files of a model folder as blobs and registers it; same content and lineage = same
// model. Throws kNotFound or kInvalid when model.json is missing or wrong, kConflict when the name
// is taken.
Model add_model(Project& project, const std::filesystem::path& folder, const ModelOrigin& origin);

}  // namespace spotter::trainer
