// The pictures of the gate's page: where the two models differ most, side by side, cut to what
// changed. Only page.cc includes this.
#pragma once
#include <string>

#include "base/json.h"
#include "loop/gate/page.h"

namespace spotter::gate {

// Worst losses and best gains of the report; empty for a first model.
[[nodiscard]] std::string picture_pairs(const Json& report, const PictureOf& picture_of);

}  // namespace spotter::gate
