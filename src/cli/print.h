// What commands print for people: aligned tables, counts, progress lines. Only the cli includes
// this.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace spotter::cli {

struct Context;

// Columns of equal width, two blanks apart; columns whose cells are all numbers are set to the
// right.
void print_table(const std::vector<std::string>& head,
                 const std::vector<std::vector<std::string>>& rows);

// "1 sample", "3 samples".
[[nodiscard]] std::string counted(std::size_t count, std::string_view noun);

// Shows the work's progress on standard error: a bar on a terminal, else a line at most each five
// seconds; nothing with --quiet. Call with fraction 1 when done.
[[nodiscard]] std::function<void(double, std::string_view)> progress_printer(const Context& context,
                                                                             std::string_view what);

// Asks on the terminal; true at once with --yes, false where nobody can answer.
[[nodiscard]] bool confirm(const Context& context, std::string_view question);

}  // namespace spotter::cli
