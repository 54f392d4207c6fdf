// How good a model is on a manifest with objects, by the COCO measure.
#pragma once
#include <filesystem>

#include "base/json.h"
#include "nn/model.h"

namespace spotter::nn {

// {"ap", "ap50", "ap75", "pictures", "classes": {name: {"ap", "ap50"}}}; classes without objects
// are left out. Empty when the manifest is empty or has no objects. Regions to ignore count neither
// way.
[[nodiscard]] Json validate(Model& model, const std::filesystem::path& manifest,
                            const InferParams& params, Rejects& rejects);

}  // namespace spotter::nn
