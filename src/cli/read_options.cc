#include "cli/read_options.h"

#include <algorithm>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/print.h"

namespace spotter::cli {

void add_read_options(CLI::App& app, formats::ReadOptions& options) {
  app.add_option("--images", options.images, "Folder that holds the pictures");
  app.add_option("--reference", options.reference,
                 "COCO results: the file with the pictures and categories that they refer to");
  app.add_option("--classes", options.classes,
                 "Class names, where the files have none; others are refused")
      ->delimiter(',');
  app.add_option("--voc-base", options.voc_base,
                 "Pascal VOC: number of the first pixel (default: find out)")
      ->check(CLI::IsMember({0, 1}));
  app.add_flag(
      "--clusters", options.clusters,
      "KITTI: fill the layer lidar with clusters of the points, not with labelled objects");
  app.add_flag_callback(
      "--clip", [&options] { options.outside = formats::Outside::kClip; },
      "Clip boxes that leave their picture instead of refusing them");
}

namespace {

// One line of the report; a reason that ends with the file does not name it twice.
std::string line_of(const Json& reject) {
  const auto text = [&](const char* key) { return reject[key].get<std::string>(); };
  const auto where = text("where");
  std::string reason = text("reason");
  if (const auto tail = ": " + text("file"); reason.ends_with(tail)) {
    reason.resize(reason.size() - tail.size());
  }
  return fmt::format("{}{}{}: {}", text("file"), where.empty() ? "" : ", ", where, reason);
}

struct UnknownClass {
  std::string reason;
  std::size_t objects = 0;
  std::set<std::string> files;
};

std::string line_of(const UnknownClass& group) {
  constexpr std::string_view kStart = "unknown class ";
  const auto end = group.reason.find('"', kStart.size() + 1);
  std::string hint = group.reason.substr(std::min(end, group.reason.size() - 1) + 1);
  if (hint.starts_with(", ")) {
    hint.replace(0, 1, ";");
  }
  return fmt::format(
      "{}: {} in {}{}", group.reason.substr(0, end + 1), counted(group.objects, "object"),
      group.files.size() == 1 ? *group.files.begin() : counted(group.files.size(), "file"), hint);
}

}  // namespace

void print_rejects(const Json& rejects) {
  constexpr std::size_t kShownMax = 20;
  std::vector<UnknownClass> groups;
  std::vector<std::string> lines;
  for (const auto& reject : rejects) {
    const auto reason = reject["reason"].get<std::string>();
    if (!reason.starts_with("unknown class \"")) {
      lines.push_back(line_of(reject));
      continue;
    }
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const auto& one) { return one.reason == reason; });
    if (group == groups.end()) {
      group = groups.insert(groups.end(), UnknownClass{.reason = reason});
    }
    ++group->objects;
    group->files.insert(reject["file"].get<std::string>());
  }
  std::vector<std::string> shown;
  for (const auto& group : groups) {
    shown.push_back(line_of(group));
  }
  std::move(lines.begin(), lines.end(), std::back_inserter(shown));
  for (std::size_t i = 0; i < shown.size() && i < kShownMax; ++i) {
    fmt::print("  {}\n", shown[i]);
  }
  if (shown.size() > kShownMax) {
    fmt::print("  and {} more (all with --json)\n", shown.size() - kShownMax);
  }
}

}  // namespace spotter::cli
