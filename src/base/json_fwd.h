// Forward declaration of Json for headers, because the full header is slow to compile.
#pragma once
#include <nlohmann/json_fwd.hpp>

namespace spotter {
using Json = nlohmann::ordered_json;
}  // namespace spotter
