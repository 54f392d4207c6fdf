#include "loop/triage/naming.h"

#include <algorithm>
#include <cctype>
#include <map>
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

std::string error_words(const std::string& error, const std::string& class_name,
                        const std::string& qualities) {
  static const std::map<std::string, std::string, std::less<>> of_pictures = {
      {"novel", "unfamiliar pictures"},
      {"flagged", "flagged pictures"},
      {"drift", "drifted pictures"},
      {"shift", "pictures that became more frequent"},
      {"failure_cluster", "look-alikes that fail"},
      {"near_duplicate", "nearly the same pictures"},
      {"leak", "pictures in training and test"},
      {"high_loss", "labels that surprise the model"}};
  if (const auto words = of_pictures.find(error); words != of_pictures.end()) {
    return words->second;
  }
  if (error == "false_alarm" && class_name.empty() && qualities.empty()) {
    return "false alarms";
  }
  static const std::map<std::string, std::string, std::less<>> of_objects = {
      {"miss", "missed {}"},
      {"false_alarm", "false {}"},
      {"wrong_class", "confused {}"},
      {"bad_box", "badly placed {}"},
      {"duplicate", "{} counted twice"},
      {"label_missing", "unlabelled {}"},
      {"label_class", "wrongly named {}"},
      {"label_box", "badly labelled {}"},
      {"label_spurious", "labels of no {}"},
      {"label_invalid", "impossible labels of {}"},
      {"uncertain", "uncertain {}"},
      {"miscalibrated", "overconfident {}"},
      {"wrong_future", "wrongly foreseen {}"}};
  const std::string unnamed = error == "wrong_future" ? "paths" : "objects";
  const std::string things = (qualities.empty() ? "" : qualities + " ") +
                             (class_name.empty() ? unnamed : plural(class_name));
  const auto words = of_objects.find(error);
  return words == of_objects.end() ? fmt::format("{} of {}", error, things)
                                   : fmt::format(fmt::runtime(words->second), things);
}

std::string slice_title(const std::string& error, std::string class_name,
                        std::span<const SampleCondition* const> conditions) {
  std::string qualities;
  std::string after;
  for (const auto* condition : conditions) {
    if (!condition->class_name.empty()) {
      class_name = condition->class_name;
    } else if (!condition->adjective.empty()) {
      qualities += (qualities.empty() ? "" : " ") + condition->adjective;
    } else {
      after += " " + condition->words;
    }
  }
  return error_words(error, class_name, qualities) + after;
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
