#include "loop/gate/page_words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"

namespace spotter::gate::words {
namespace {

constexpr std::string_view kMinus = "−";

std::string points(double value) {
  return fmt::format("{:.1f}", 100 * value);
}

bool digit(std::string_view text, std::size_t at) {
  return at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0;
}

// Length of the score that begins here, "0.045" or "1.000"; 0 when none does.
std::size_t score_at(std::string_view text, std::size_t at) {
  constexpr std::size_t kLength = 5;
  const bool begins = at < text.size() && (text[at] == '0' || text[at] == '1') &&
                      (at == 0 || (!digit(text, at - 1) && text[at - 1] != '.'));
  const bool fits = begins && at + 1 < text.size() && text[at + 1] == '.' && digit(text, at + 2) &&
                    digit(text, at + 3) && digit(text, at + 4) && !digit(text, at + kLength);
  return fits ? kLength : 0;
}

void replace(std::string& text, std::string_view what, std::string_view with) {
  if (const auto at = text.find(what); at != std::string::npos) {
    text.replace(at, what.size(), with);
  }
}

}  // namespace

std::string text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? escape_markup(found->get<std::string>())
                                                     : std::string();
}

double number(const Json& object, const char* key, double fallback) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : fallback;
}

bool flag(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

bool present(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && !found->is_null();
}

Json list(const Json& object, const char* key) {
  return object.value(key, Json::array());
}

std::string model_name(const Json& report, const char* who) {
  return present(report, who) ? text(report[who], "name") : std::string();
}

bool watched(const Json& slice) {
  return flag(slice, "blocking") || text(slice, "must") == "win";
}

std::string score(double value) {
  return value < 0 ? "–" : points(value);
}

std::string change(double value) {
  const auto size = points(std::abs(value));
  if (size == "0.0") {
    return "±0";
  }
  return fmt::format("{}{}", value > 0 ? "+" : kMinus, size);
}

std::string grouped(double count) {
  const auto digits = fmt::format("{:.0f}", count);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) {
      out.push_back(',');
    }
    out.push_back(digits[i]);
  }
  return out;
}

std::string counted(double count, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(count), noun, std::llround(count) == 1 ? "" : "s");
}

std::string sentence(std::string text) {
  if (!text.empty()) {
    text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  }
  return text;
}

std::string part_name(const std::string& slice, const TitleOf& title_of) {
  auto title = title_of ? title_of(slice) : std::string();
  if (title.empty()) {
    title = slice == "all" ? "everything" : slice;
    std::replace(title.begin(), title.end(), '_', ' ');
  }
  return escape_markup(sentence(title));
}

std::string in_points(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const bool sign = text[at] == '-' || text[at] == '+';
    const auto begin = at + (sign ? 1 : 0);
    if (const auto length = score_at(text, begin); length > 0) {
      out += !sign ? std::string_view() : text[at] == '-' ? kMinus : "+";
      out += points(std::stod(std::string(text.substr(begin, length))));
      at = begin + length;
    } else {
      out.push_back(text[at++]);
    }
  }
  return out;
}

std::string plain(const std::string& raw) {
  auto why = in_points(sentence(raw));
  replace(why, "AP50", "score");
  return escape_markup(why);
}

std::string reason(const std::string& raw, const TitleOf& title_of) {
  const auto colon = raw.find(": ");
  auto why = in_points(colon == std::string::npos ? sentence(raw) : raw.substr(colon + 2));
  replace(why, "about 1 more objects", "about 1 more object");
  replace(why, " of this slice", " like these");
  return colon == std::string::npos
             ? escape_markup(why)
             : fmt::format("{}: {}", part_name(raw.substr(0, colon), title_of), escape_markup(why));
}

std::string money(double amount, const std::string& currency) {
  const std::string_view sign = currency == "USD"   ? "$"
                                : currency == "EUR" ? "€"
                                : currency == "GBP" ? "£"
                                                    : "";
  return sign.empty() ? fmt::format("{:.2f} {}", amount, escape_markup(currency))
                      : fmt::format("{}{:.2f}", sign, amount);
}

std::string moment(const std::string& iso) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto normal = iso_time(parse_time(iso));  // "2026-11-25T02:07:59Z"
  const auto month = static_cast<std::size_t>(std::stoi(normal.substr(5, 2)) - 1);
  return fmt::format("{} {} {}, {} UTC", std::stoi(normal.substr(8, 2)), kMonths.at(month),
                     normal.substr(0, 4), normal.substr(11, 5));
}

std::string badge(const std::string& verdict) {
  const auto pill = [](std::string_view tone, std::string_view words) {
    return fmt::format("<span class=\"badge {}\">{}</span>", tone, words);
  };
  if (verdict == "pass") {
    return pill("good", "Passed");
  }
  if (verdict == "fail") {
    return pill("bad", "Failed");
  }
  return pill("warn", verdict == "hold" ? "Held" : "Undecided");
}

}  // namespace spotter::gate::words
