// The gate's report as one page for a person: verdict, slices with intervals, the pictures that
// changed most, cost, and what to do. One file without any outside resource, for screens light and
// dark and for paper. Knows nothing of the project: everything comes from the report.
#pragma once
#include <functional>
#include <string>

#include "base/json.h"

namespace spotter::gate {

// Bytes of a stored picture by its content hash; empty when it is not there.
using PictureOf = std::function<std::string(const std::string& media)>;

// `report` is what gate::run returns. Pictures are embedded as small JPEGs with the boxes drawn
// over them. Throws kInvalid when a picture cannot be decoded.
[[nodiscard]] std::string page(const Json& report, const PictureOf& picture_of);

}  // namespace spotter::gate
