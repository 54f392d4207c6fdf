// A read that may not take longer than given: for statements that people write into spotter.yaml.
#pragma once
#include <chrono>
#include <span>
#include <string_view>

#include "store/lake/lake.h"

namespace spotter::lake {

// Lake::query, interrupted when `limit` is over. Throws kInvalid then.
[[nodiscard]] Table query_within(Lake& lake, std::chrono::seconds limit, std::string_view sql,
                                 std::span<const Value> parameters);

}  // namespace spotter::lake
