// An answer "no" that is no fault: the gate's or a person's word. Exit code 3.
#pragma once
#include <string_view>

namespace spotter::cli {

struct Context;

// Prints why as every error is printed, as JSON too with --json, and returns the exit code.
[[nodiscard]] int refuse(const Context& context, std::string_view why);

}  // namespace spotter::cli
