// What options of numbers refuse, in words for people.
#pragma once

namespace CLI {  // NOLINT: the library's name
class App;
class Validator;
}  // namespace CLI

namespace spotter::cli {

// For option->check(): numbers below `low` are refused.
[[nodiscard]] CLI::Validator at_least(double low);

// Lets every option of `app` that takes numbers with a fraction refuse NaN and infinity. CLI::Range
// alone takes NaN for a number in its range.
void refuse_not_finite(CLI::App& app);

}  // namespace spotter::cli
