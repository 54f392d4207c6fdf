// The gate's report as one page for a person: verdict, decision, parts of the data with intervals
// and the pictures that changed most, in the words of the app. One file without script or outside
// resource, for screens light and dark and for paper. Knows nothing of the project: everything
// comes from the report and from the two callbacks.
#pragma once
#include <functional>
#include <string>

#include "base/json.h"

namespace spotter::gate {

// Bytes of a stored picture by its content hash; empty when it is not there.
using PictureOf = std::function<std::string(const std::string& media)>;
// The title of the failure mode that a slice came from, "missed cones in rain"; empty when it came
// from none: then the slice's own name is shown.
using TitleOf = std::function<std::string(const std::string& slice)>;

// `report` is what gate::run returns. Of each picture the part that changed is embedded as a small
// JPEG with the boxes drawn over it. Throws kInvalid when a picture cannot be decoded.
[[nodiscard]] std::string page(const Json& report, const PictureOf& picture_of,
                               const TitleOf& title_of);

}  // namespace spotter::gate
