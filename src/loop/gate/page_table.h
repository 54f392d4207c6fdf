// The table of the gate's page: part by part before, after, and the change with how sure it is.
// Only page.cc includes this.
#pragma once
#include <string>

#include "base/json.h"
#include "loop/gate/page.h"

namespace spotter::gate {

[[nodiscard]] std::string part_table(const Json& report, const TitleOf& title_of);

}  // namespace spotter::gate
