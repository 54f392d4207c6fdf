#include "loop/curate/duplicates.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/limits.h"
#include "cli/print.h"

namespace spotter::cli {
namespace {

std::string text_of(const Json& name) {
  return name.is_string() ? name.get<std::string>() : name.dump();
}

void print_report(const Json& report) {
  constexpr std::size_t kShownMax = 20;
  constexpr std::size_t kMembersMax = 4;
  std::size_t shown = 0;
  for (const auto& group : report["groups"]) {
    if (shown++ == kShownMax) {
      fmt::print("and {} more (all with --json)\n", report["groups"].size() - kShownMax);
      break;
    }
    const auto& members = group["members"];
    std::string others;
    for (std::size_t i = 1; i < std::min(members.size(), kMembersMax + 1); ++i) {
      others += " " + text_of(members[i]);
    }
    if (members.size() > kMembersMax + 1) {
      others += fmt::format(" and {} more", members.size() - kMembersMax - 1);
    }
    fmt::print("{}: keep {}, not{}{}\n", group["kind"].get<std::string>(), text_of(group["keep"]),
               others, group["splits"].size() > 1 ? "; in two splits" : "");
  }
  for (const auto& reject : report["rejects"]) {
    fmt::print("not read: {}\n", reject["reason"].get<std::string>());
  }
  const auto count = [&](const char* key) { return report[key].get<std::size_t>(); };
  fmt::print("{} of {} in {}, threshold {:.4g}; {} with members in two splits\n",
             counted(count("duplicates"), "duplicate"),
             counted(count("items"), report["kind"] == "pictures" ? "picture" : "row"),
             counted(count("group_count"), "group"), report["threshold"].get<double>(),
             counted(count("leaks"), "group"));
}

struct Words {
  std::string path;
  std::string metric = "euclidean";
  curate::DuplicateOptions options;
};

std::function<int()> declare(CLI::App& app, Context& context) {
  auto words = std::make_shared<Words>();
  app.add_option("path", words->path, "Folder of pictures, or one vector a row: .npy")->required();
  app.add_option("--threshold", words->options.threshold,
                 "Pictures: bits of 64 that may differ (default 6); vectors: distance (default: "
                 "0.13 of the median distance to the nearest other)")
      ->check(at_least(0));
  app.add_option("--metric", words->metric, "Vectors: euclidean, or cosine (1 - cosine)")
      ->check(CLI::IsMember({"euclidean", "cosine"}));
  app.add_option("--splits", words->options.splits,
                 "Vectors: text file, the split of each row; pictures: folders named train, val or "
                 "test say it");
  return [words, &context] {
    words->options.cosine = words->metric == "cosine";
    words->options.progress = progress_printer(context, "looking at pictures");
    const auto report = curate::find_duplicates(words->path, words->options);
    context.answer(report, [&] { print_report(report); });
    return 0;
  };
}

}  // namespace

extern const Command command_duplicates;
const Command command_duplicates = {
    .name = "duplicates",
    .summary = "Find pictures or vectors that are there twice, and in two splits; needs no project",
    .example =
        "spotter duplicates photos/ --json\nspotter duplicates embeddings.npy --threshold 0.2",
    .declare = declare,
};

}  // namespace spotter::cli
