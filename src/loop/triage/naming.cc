#include "loop/triage/naming.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <fmt/format.h>

namespace spotter::triage {
namespace {

std::string plural(std::string word) {
  std::replace(word.begin(), word.end(), '_', ' ');
  const auto ends = [&](std::string_view tail) { return word.ends_with(tail); };
  if (word.empty() || ends("s")) {
    return word;  // most class names in s are plural already
  }
  if (ends("x") || ends("ch") || ends("sh")) {
    return word + "es";
  }
  if (ends("y") && word.size() > 1 &&
      std::string_view("aeiou").find(word[word.size() - 2]) == std::string_view::npos) {
    return word.substr(0, word.size() - 1) + "ies";
  }
  return word + "s";
}

}  // namespace

std::string error_words(const std::string& error, const std::string& class_name) {
  const std::string things = class_name.empty() ? "objects" : plural(class_name);
  if (error == "miss") {
    return "missed " + things;
  }
  if (error == "false_alarm") {
    return class_name.empty() ? "false alarms" : "false " + things;
  }
  if (error == "wrong_class") {
    return "confused " + things;
  }
  if (error == "bad_box") {
    return "badly placed " + things;
  }
  if (error == "novel") {
    return "unfamiliar pictures";
  }
  if (error == "flagged") {
    return "flagged pictures";
  }
  if (error == "drift") {
    return "drifted pictures";
  }
  if (error == "high_loss") {
    return "labels that surprise the model";
  }
  return fmt::format("{} of {}", error, things);
}

std::string slug(const std::string& title) {
  std::string result;
  for (const char c : title) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) {
      result += static_cast<char>(std::tolower(byte));
    } else if (!result.empty() && result.back() != '-') {
      result += '-';
    }
  }
  while (!result.empty() && result.back() == '-') {
    result.pop_back();
  }
  return result.empty() ? "mode" : result;
}

}  // namespace spotter::triage
