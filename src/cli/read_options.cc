#include "cli/read_options.h"

#include <map>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"

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
  app.add_flag_callback(
      "--clip", [&options] { options.outside = formats::Outside::kClip; },
      "Clip boxes that leave their picture instead of refusing them");
}

void print_rejects(const Json& rejects) {
  constexpr std::size_t kShownMax = 20;
  for (std::size_t i = 0; i < rejects.size() && i < kShownMax; ++i) {
    const auto text = [&](const char* key) { return rejects[i][key].get<std::string>(); };
    const auto where = text("where");
    fmt::print("  {}{}{}: {}\n", text("file"), where.empty() ? "" : ", ", where, text("reason"));
  }
  if (rejects.size() > kShownMax) {
    fmt::print("  and {} more (all with --json)\n", rejects.size() - kShownMax);
  }
}

}  // namespace spotter::cli
