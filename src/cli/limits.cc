#include "cli/limits.h"

#include <cmath>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace spotter::cli {

CLI::Validator at_least(double low) {
  return CLI::Validator(
      [low](std::string& word) {
        double value = 0;
        const bool number = CLI::detail::lexical_cast(word, value);
        return number && value >= low ? std::string()
                                      : fmt::format("must be at least {}, not {}", low, word);
      },
      fmt::format(">= {}", low));
}

void refuse_not_finite(CLI::App& app) {
  const CLI::Validator finite(
      [](std::string& word) {
        double value = 0;
        return !CLI::detail::lexical_cast(word, value) || std::isfinite(value)
                   ? std::string()
                   : fmt::format("{} is not a finite number", word);
      },
      "");
  for (auto* option : app.get_options()) {
    if (option->get_type_name().starts_with("FLOAT")) {
      option->check(finite);
    }
  }
}

}  // namespace spotter::cli
