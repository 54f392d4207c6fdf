// `spotter batch …`: work for the labelling team, out and back.
#include <chrono>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/limits.h"
#include "cli/print.h"
#include "cli/read_options.h"
#include "loop/label/label.h"

namespace spotter::cli {
namespace {

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void print_batch(const Json& batch) {
  const auto& tasks = batch["tasks"];
  fmt::print("batch \"{}\" is {}: {} of {} tasks done\n", text_of(batch["name"]),
             text_of(batch["state"]), tasks["done"].get<int>(), tasks["total"].get<int>());
}

std::function<int()> declare_create(CLI::App& app, Context& context) {
  auto options = std::make_shared<label::BatchOptions>();
  app.add_option("NAME", options->name, "Name of the batch")->required();
  app.add_option("--campaign", options->campaign, "What this campaign picked");
  app.add_option("--where", options->where, "Samples that satisfy the filter");
  app.add_option("--keys", options->keys, "Samples by key");
  return [options, &context] {
    auto project = open_project(context.project);
    const Json batch = label::create_batch(project, *options);
    context.answer(batch, [&] {
      print_batch(batch);
      fmt::print("next: spotter batch export {} --out FOLDER\n", options->name);
    });
    return 0;
  };
}

std::function<int()> declare_list(CLI::App&, Context& context) {
  return [&context] {
    auto project = open_project(context.project);
    const Json batches = label::list_batches(project);
    context.answer(batches, [&] {
      std::vector<std::vector<std::string>> rows;
      for (const auto& batch : batches["batches"]) {
        rows.push_back({text_of(batch["name"]), text_of(batch["state"]),
                        text_of(batch["tasks"]["done"]), text_of(batch["tasks"]["total"]),
                        text_of(batch["created_at"])});
      }
      if (rows.empty()) {
        fmt::print("no batch yet; `spotter batch create` makes one\n");
      } else {
        print_table({"batch", "state", "done", "tasks", "created"}, rows);
      }
    });
    return 0;
  };
}

std::function<int()> declare_status(CLI::App& app, Context& context) {
  auto name = std::make_shared<std::string>();
  app.add_option("NAME", *name, "The batch")->required();
  return [name, &context] {
    auto project = open_project(context.project);
    const Json batch = label::batch_status(project, *name);
    context.answer(batch, [&] {
      print_batch(batch);
      for (const auto& sample : batch["samples"]) {
        fmt::print("  {:<8} {}\n", text_of(sample["state"]), text_of(sample["key"]));
      }
    });
    return 0;
  };
}

std::function<int()> declare_export(CLI::App& app, Context& context) {
  auto options = std::make_shared<label::ExportOptions>();
  app.add_option("NAME", options->batch, "The batch")->required();
  app.add_option("--format", options->format, "cvat, coco, or csv where a picture has one class");
  app.add_option("--out", options->out, "A new folder for pictures and labels")->required();
  app.add_option("--model", options->model, "Put in what this model says, to be corrected");
  app.add_option("--score-min", options->score_min,
                 "Of its predictions, those with at least this score");
  return [options, &context] {
    auto project = open_project(context.project);
    const Json report = label::export_batch(project, *options);
    context.answer(report, [&] {
      fmt::print("wrote {} with {} and {} ({} by the model) to {}\n",
                 counted(report["samples"].get<std::size_t>(), "picture"),
                 std::filesystem::path(text_of(report["file"])).filename().string(),
                 counted(report["labels"].get<std::size_t>(), "label"),
                 report["pre_labels"].get<int>(), options->out.string());
      fmt::print("next: label, then spotter batch import {} FILE\n", options->batch);
    });
    return 0;
  };
}

// Up to three of them.
std::string first_names(const Json& names) {
  constexpr std::size_t kShownMax = 3;
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kShownMax; ++i) {
    text += (text.empty() ? "" : ", ") + text_of(names[i]);
  }
  return names.size() > kShownMax ? fmt::format("{} and {} more", text, names.size() - kShownMax)
                                  : text;
}

void print_import(const Json& report) {
  fmt::print("{} changed, {} as before; labels: {} new, {} gone, {} moved, {} renamed\n",
             counted(report["changed"].get<std::size_t>(), "sample"),
             report["unchanged"].get<int>(), report["labels_added"].get<int>(),
             report["labels_removed"].get<int>(), report["labels_moved"].get<int>(),
             report["labels_renamed"].get<int>());
  if (!report["missing"].empty()) {
    fmt::print("tasks that did not come back, still open: {}\n", report["missing"].size());
  }
  if (const auto& foreign = report["foreign"]; !foreign.empty()) {
    fmt::print(
        "pictures that are not of this batch, left alone: {} ({}); names look like \"{}\", "
        "or like the original file name\n",
        foreign.size(), first_names(foreign), text_of(report["expected_name"]));
  }
  if (const auto& incomplete = report["incomplete"]; !incomplete.empty()) {
    fmt::print(
        "{} incompletely labelled: {}; training takes what was refused for background: mend "
        "the file, or add the classes to spotter.yaml, and import again\n",
        incomplete.size() == 1 ? "1 picture is now"
                               : fmt::format("{} pictures are now", incomplete.size()),
        first_names(incomplete));
  }
  if (const auto& refused = report["refused"]; !refused.empty()) {
    fmt::print("pictures whose every object was refused, still open: {} ({})\n", refused.size(),
               first_names(refused));
  }
  if (!report["rejects"].empty()) {
    fmt::print("rejects: {}\n", report["rejects"].size());
    print_rejects(report["rejects"]);
  }
}

struct ImportWords {
  label::ImportOptions options;
  double minutes = 0;
};

std::function<int()> declare_import(CLI::App& app, Context& context) {
  auto words = std::make_shared<ImportWords>();
  app.add_option("NAME", words->options.batch, "The batch")->required();
  app.add_option("PATH", words->options.path, "The file that came back")->required();
  app.add_option("--format", words->options.format, "cvat or coco (default: what PATH looks like)");
  app.add_option("--author", words->options.author, "Who labelled it");
  app.add_option("--minutes", words->minutes, "How long they worked on it, for the ledger")
      ->check(at_least(0));
  app.add_flag("--dry-run", words->options.dry_run, "Only show what would change, take nothing");
  return [words, &context] {
    auto project = open_project(context.project);
    auto options = words->options;
    options.seconds = words->minutes * 60;
    if (!options.dry_run && !context.yes && !context.json && ::isatty(STDIN_FILENO) == 1) {
      const auto begun = std::chrono::steady_clock::now();
      auto preview = options;
      preview.dry_run = true;
      print_import(label::import_batch(project, preview));
      if (!confirm(context, "take these labels?")) {
        fmt::print("nothing was taken\n");
        return 0;
      }
      options.seconds +=
          std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    }
    const Json report = label::import_batch(project, options);
    context.answer(report, [&] { print_import(report); });
    return 0;
  };
}

std::function<int()> declare_simulate(CLI::App& app, Context& context) {
  auto options = std::make_shared<label::TeamOptions>();
  app.add_option("NAME", options->batch, "The batch")->required();
  app.add_option("--truth", options->truth_file, "JSON Lines with the hidden truth")->required();
  app.add_option("--error-rate", options->error_rate, "Share of objects with a mistake");
  app.add_option("--seed", options->seed, "Of the mistakes");
  return [options, &context] {
    auto project = open_project(context.project);
    const Json report = label::simulated_team(project, *options);
    context.answer(report, [&] {
      fmt::print("the simulated team labelled {} with {}, {} of them wrong\n",
                 counted(report["labelled"].get<std::size_t>(), "sample"),
                 counted(report["labels"].get<std::size_t>(), "label"),
                 report["mistakes"].get<int>());
    });
    return 0;
  };
}

}  // namespace

extern const Command command_batch_create;
const Command command_batch_create = {
    .name = "batch create",
    .summary = "Make a batch of samples for people to label",
    .example = "spotter batch create rain-1 --campaign rain",
    .declare = declare_create,
};
extern const Command command_batch_list;
const Command command_batch_list = {
    .name = "batch list",
    .summary = "List the batches",
    .example = "spotter batch list",
    .declare = declare_list,
};
extern const Command command_batch_status;
const Command command_batch_status = {
    .name = "batch status",
    .summary = "Show a batch and its tasks",
    .example = "spotter batch status rain-1",
    .declare = declare_status,
};
extern const Command command_batch_export;
const Command command_batch_export = {
    .name = "batch export",
    .summary = "Write a batch with its pictures for a labelling tool",
    .example = "spotter batch export rain-1 --format cvat --out to-label --model champion",
    .declare = declare_export,
};
extern const Command command_batch_import;
const Command command_batch_import = {
    .name = "batch import",
    .summary =
        "Take a batch back: asks first on a terminal, takes it at once with --yes or without one",
    .example = "spotter batch import rain-1 labelled/annotations.xml --minutes 42",
    .declare = declare_import,
};
extern const Command command_batch_simulate;
const Command command_batch_simulate = {
    .name = "batch simulate",
    .summary = "Let the simulated labelling team do a batch (for demonstrations)",
    .example = "spotter batch simulate rain-1 --truth world/truth.jsonl",
    .declare = declare_simulate,
};

}  // namespace spotter::cli
