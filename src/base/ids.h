// Short unique identifiers such as "run_7f3k2m9q": a noun, then 8 letters and digits without
// look-alikes, enough for the things of one project.
#pragma once
#include <string>
#include <string_view>

namespace spotter {

class Rng;
[[nodiscard]] std::string new_id(std::string_view noun, Rng& rng);

}  // namespace spotter
