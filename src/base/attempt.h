// Turns the failure of one row into a reason for Rejects, so that the other rows go on. The only
// place outside main, router, job runner and threads that catches; faults of ours still pass
// through.
#pragma once
#include <string>
#include <utility>

#include "base/error.h"

namespace spotter {

// Runs `body`; empty if it returned, else the message of its Error. Errors that are not about the
// row (kUnavailable: a full disk, kInternal: a fault of ours) are thrown on.
template <typename Body>
[[nodiscard]] std::string problem_of(Body&& body) {
  try {
    std::forward<Body>(body)();
    return {};
  } catch (const Error& e) {
    if (e.code == ErrorCode::kUnavailable || e.code == ErrorCode::kInternal) {
      throw;
    }
    return e.what();
  }
}

}  // namespace spotter
