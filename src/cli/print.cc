#include "cli/print.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/command.h"

namespace spotter::cli {
namespace {

// Characters, not bytes, of UTF-8 text.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

bool looks_numeric(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.,+-−% ") == std::string_view::npos;
}

std::string padded(std::string_view text, std::size_t to, bool right) {
  const std::string blanks(to - std::min(to, width(text)), ' ');
  return right ? blanks + std::string(text) : std::string(text) + blanks;
}

struct Bar {
  std::string what;
  bool terminal;
  std::chrono::steady_clock::time_point next;
};

void draw(Bar& bar, double fraction, std::string_view message) {
  const auto now = std::chrono::steady_clock::now();
  const bool done = fraction >= 1;
  if (now < bar.next && !done) {
    return;
  }
  bar.next =
      now + (bar.terminal ? std::chrono::milliseconds(100) : std::chrono::milliseconds(5000));
  if (!bar.terminal) {
    fmt::print(stderr, "{}: {:.0f} % {}\n", bar.what, 100 * fraction, message);
    return;
  }
  constexpr int kCells = 24;
  const int full = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * kCells);
  std::string cells;
  for (int i = 0; i < kCells; ++i) {
    cells += i < full ? "━" : "─";
  }
  fmt::print(stderr, "\r\x1b[K{} {} {:3.0f} % {}{}", bar.what, cells, 100 * fraction, message,
             done ? "\n" : "");
  std::fflush(stderr);
}

}  // namespace

void print_table(const std::vector<std::string>& head,
                 const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  std::vector<bool> right;
  for (std::size_t c = 0; c < head.size(); ++c) {
    std::size_t most = width(head[c]);
    bool numeric = !rows.empty();
    for (const auto& row : rows) {
      most = std::max(most, width(row.at(c)));
      numeric = numeric && (row[c].empty() || row[c] == "–" || looks_numeric(row[c]));
    }
    widths.push_back(most);
    right.push_back(numeric);
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      text += padded(cells[c], widths[c], right[c]) + "  ";
    }
    text.erase(text.find_last_not_of(' ') + 1);
    fmt::print("{}\n", text);
  };
  line(head);
  for (const auto& row : rows) {
    line(row);
  }
}

std::string counted(std::size_t count, std::string_view noun) {
  const bool y = noun.ends_with('y');
  const bool es = noun.ends_with("ch") || noun.ends_with('s');
  return count == 1 ? fmt::format("1 {}", noun)
         : y        ? fmt::format("{} {}ies", count, noun.substr(0, noun.size() - 1))
                    : fmt::format("{} {}{}", count, noun, es ? "es" : "s");
}

std::function<void(double, std::string_view)> progress_printer(const Context& context,
                                                               std::string_view what) {
  if (context.quiet) {
    return [](double, std::string_view) {};
  }
  auto bar = std::make_shared<Bar>(
      Bar{std::string(what), isatty(STDERR_FILENO) == 1, std::chrono::steady_clock::now()});
  return [bar](double fraction, std::string_view message) { draw(*bar, fraction, message); };
}

bool confirm(const Context& context, std::string_view question) {
  if (context.yes) {
    return true;
  }
  if (isatty(STDIN_FILENO) != 1) {
    return false;
  }
  fmt::print(stderr, "{} [y/N] ", question);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace spotter::cli
