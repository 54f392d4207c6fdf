// `spotter version …`: commit, log, show, diff, checkout.
#include "loop/version/version.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/print.h"
#include "project/project.h"

namespace spotter::cli {
namespace {

std::string split_text(const version::Version& v) {
  const Json splits = v.counts.value("splits", Json::object());
  return fmt::format("{} / {} / {}", splits.value("train", 0), splits.value("val", 0),
                     splits.value("test", 0));
}

void print_version(const version::Version& v) {
  fmt::print("{}  {}  {}\n", v.id, v.content_hash.substr(0, 12), v.message);
  fmt::print("parent {}, by {}, {}\n", v.parent.empty() ? "none" : v.parent, v.author,
             iso_time(v.created_at));
  fmt::print("{} ({} train / val / test), {}\n",
             counted(v.counts.value("samples", std::size_t{0}), "sample"), split_text(v),
             counted(v.counts.value("labels", std::size_t{0}), "label"));
  const Json classes = v.counts.value("classes", Json::object());
  for (const auto& [name, count] : classes.items()) {
    fmt::print("  {:<20} {}\n", name, count.get<std::int64_t>());
  }
  const Json batches = v.lineage.value("batches", Json::object());
  for (const auto& [batch, count] : batches.items()) {
    fmt::print("new labels of {} from batch {}\n", counted(count.get<std::size_t>(), "sample"),
               batch);
  }
}

std::function<int()> declare_commit(CLI::App& app, Context& context) {
  auto options = std::make_shared<version::CommitOptions>();
  app.add_option("-m,--message", options->message, "What is new and why")->required();
  app.add_option("--where", options->where, "Filter: only these labelled samples");
  app.add_option("--seed", options->seed, "Seed of the split of new scenes");
  return [options, &context] {
    auto project = open_project(context.project);
    const auto made = version::commit(project, *options);
    context.answer(version::to_json(made), [&] {
      if (!made.created) {
        fmt::print("nothing new since {}; no version was made\n", made.id);
      }
      print_version(made);
    });
    return 0;
  };
}

std::function<int()> declare_log(CLI::App&, Context& context) {
  return [&context] {
    auto project = open_project(context.project);
    const auto versions = version::log(project);
    Json list = Json::array();
    std::vector<std::vector<std::string>> rows;
    for (const auto& v : versions) {
      list.push_back(version::to_json(v));
      rows.push_back({v.id, v.content_hash.substr(0, 12),
                      fmt::format("{}", v.counts.value("samples", 0)), split_text(v),
                      iso_time(v.created_at), v.author, v.message});
    }
    context.answer({{"versions", list}}, [&] {
      if (rows.empty()) {
        fmt::print("no dataset version yet; make one with `spotter version commit -m TEXT`\n");
      } else {
        print_table(
            {"version", "content", "samples", "train / val / test", "made", "by", "message"}, rows);
      }
    });
    return 0;
  };
}

std::function<int()> declare_show(CLI::App& app, Context& context) {
  auto name = std::make_shared<std::string>("latest");
  app.add_option("VERSION", *name, "v3, latest, or the start of a content hash");
  return [name, &context] {
    auto project = open_project(context.project);
    const auto found = version::find(project, *name);
    context.answer(version::to_json(found), [&] { print_version(found); });
    return 0;
  };
}

std::function<int()> declare_diff(CLI::App& app, Context& context) {
  auto names = std::make_shared<std::pair<std::string, std::string>>();
  app.add_option("FROM", names->first, "Older version")->required();
  app.add_option("TO", names->second, "Newer version")->required();
  return [names, &context] {
    auto project = open_project(context.project);
    const Json diff = version::diff(project, names->first, names->second);
    context.answer(diff, [&] {
      for (const char* kind : {"added", "removed", "relabelled", "moved"}) {
        fmt::print("{:<11} {}\n", kind, counted(diff[kind]["count"].get<std::size_t>(), "sample"));
      }
      for (const auto& [name, change] : diff["classes"].items()) {
        if (change.get<std::int64_t>() != 0) {
          fmt::print("  {:<20} {:+} labels\n", name, change.get<std::int64_t>());
        }
      }
    });
    return 0;
  };
}

struct CheckoutWords {
  std::string name;
  std::string folder;
  std::string format = "coco";
};

std::function<int()> declare_checkout(CLI::App& app, Context& context) {
  auto words = std::make_shared<CheckoutWords>();
  app.add_option("VERSION", words->name, "v3 or latest")->required();
  app.add_option("FOLDER", words->folder, "Absent or empty folder")->required();
  app.add_option("--format", words->format, "Interchange format; see `spotter formats`");
  return [words, &context] {
    auto project = open_project(context.project);
    const Json report = version::checkout(project, words->name, words->folder, words->format);
    context.answer(report, [&] {
      fmt::print("wrote {} with {} to {}\n",
                 counted(report["samples"].get<std::size_t>(), "sample"),
                 counted(report["labels"].get<std::size_t>(), "label"), words->folder);
    });
    return 0;
  };
}

}  // namespace

extern const Command command_version_commit;
const Command command_version_commit = {
    .name = "version commit",
    .summary = "Freeze the labelled samples as a new dataset version",
    .example = "spotter version commit -m \"rain, week 4\"",
    .declare = declare_commit,
};
extern const Command command_version_log;
const Command command_version_log = {
    .name = "version log",
    .summary = "List the dataset versions, newest first",
    .example = "spotter version log",
    .declare = declare_log,
};
extern const Command command_version_show;
const Command command_version_show = {
    .name = "version show",
    .summary = "Show what a dataset version holds and where it came from",
    .example = "spotter version show v2",
    .declare = declare_show,
};
extern const Command command_version_diff;
const Command command_version_diff = {
    .name = "version diff",
    .summary = "Show what changed between two dataset versions",
    .example = "spotter version diff v1 v2",
    .declare = declare_diff,
};
extern const Command command_version_checkout;
const Command command_version_checkout = {
    .name = "version checkout",
    .summary = "Write a dataset version as files of an interchange format",
    .example = "spotter version checkout v2 out/ --format yolo",
    .declare = declare_checkout,
};

}  // namespace spotter::cli
