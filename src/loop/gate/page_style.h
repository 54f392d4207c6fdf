// The style sheet of the gate's page. Only page.cc includes this.
#pragma once
#include <string_view>

namespace spotter::gate {

extern const std::string_view kPageStyle;

}  // namespace spotter::gate
