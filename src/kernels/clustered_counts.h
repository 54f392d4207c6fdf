// One-sided tests of "these rows fail more often than the others" for rows that come in groups:
// frames of a scene fail together, so counts are shrunk by the design effect first.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/row_set.h"

namespace spotter::kernels {

struct Counts {
  std::size_t rows = 0;
  std::size_t failing = 0;
  [[nodiscard]] double rate() const {
    return rows == 0 ? 0 : static_cast<double>(failing) / static_cast<double>(rows);
  }
  friend Counts operator-(const Counts& a, const Counts& b) {
    return {a.rows - b.rows, a.failing - b.failing};
  }
};

// How many times larger the variance of the failing rate is than for independent rows; at least 1
// (Rao and Scott 1992). Only rows in `within` count; `group` is over all rows.
[[nodiscard]] double design_effect(const RowSet& within, const RowSet& failing,
                                   std::span<const std::uint32_t> group);

// P(X >= hits) when `drawn` of `total` items are drawn and `marked` of the total are marked
// (Fisher's exact test, one-sided). Requires hits <= drawn, marked; both <= total.
[[nodiscard]] double hypergeometric_tail(std::size_t total, std::size_t marked, std::size_t drawn,
                                         std::size_t hits);

// The hypergeometric tail of `part` of `all`, with counts shrunk by `effect`, rounded against the
// part.
[[nodiscard]] double clustered_p(const Counts& all, const Counts& part, double effect);

}  // namespace spotter::kernels
