// What a campaign looks for, made from its query: one target a failure mode, one for flags, one for
// examples, or one for the filter alone.
#pragma once
#include <vector>

#include "loop/curate/pool.h"

namespace spotter::curate {

struct Wanted {
  Target target;
  std::vector<Finding> boxes;  // findings and flags with a box, on example samples
};

// In the order of the query. Shares of the budget follow the square root of rank for modes with a
// slice (the second hundred labels of a mode help less than the first) and rank for those that
// happen everywhere; a mode that is not found any more gets nothing.
[[nodiscard]] std::vector<Wanted> wanted_of(Project& project, const Campaign& campaign,
                                            const Pool& pool);

}  // namespace spotter::curate
