#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/read_options.h"
#include "loop/ingest/ingest.h"

namespace spotter::cli {
namespace {

void print(const Json& report) {
  static constexpr std::pair<const char*, const char*> kLines[] = {
      {"samples_added", "samples added"},         {"samples_unchanged", "samples unchanged"},
      {"labels_added", "labels added"},           {"layer_objects_added", "layer objects added"},
      {"predictions_added", "predictions added"}, {"flags_added", "flags added"},
      {"converted", "objects converted"},         {"reject_count", "rejects"},
      {"incomplete_count", "pictures incomplete"}};
  if (report["dry_run"].get<bool>()) {
    fmt::print("dry run: nothing was changed\n");
  }
  for (const auto& [key, name] : kLines) {
    const auto count = report[key].get<std::size_t>();
    const bool always =
        std::string_view(key).starts_with("samples") || std::string_view(key) == "labels_added";
    if (count > 0 || always) {
      fmt::print("{:<20} {}\n", name, count);
    }
  }
  for (const auto& note : report["notes"]) {
    fmt::print("note: {}\n", note.get<std::string>());
  }
  print_rejects(report["rejects"]);
}

struct Options {
  ingest::ImportOptions import;
  std::string content = "labels";
  bool by_folder = false;
};

void declare_options(CLI::App& app, Options& options) {
  auto& o = options.import;
  app.add_option("format", o.format, "Format of PATH (see `spotter formats`)")->required();
  app.add_option("path", o.path, "File or folder to read")->required();
  app.add_option("--as", options.content, "What the objects are")
      ->check(CLI::IsMember({"labels", "predictions"}));
  app.add_option("--model", o.model, "Whose predictions they are");
  app.add_option("--layer", o.layer,
                 "Layer of the labels: \"labels\" is people's, others are sensors'");
  app.add_option("--prefix", o.prefix, "Put before the keys that are made from file names");
  app.add_option("--source", o.source, "Where the samples come from, where the file does not say");
  app.add_flag("--sequences", options.by_folder,
               "Pictures of one folder are frames of one recording");
  app.add_flag("--dry-run", o.dry_run, "Report only, change nothing");
  add_read_options(app, o.read);
}

}  // namespace

extern const Command command_import;
const Command command_import = {
    .name = "import",
    .summary = "Bring in samples, labels, predictions and flags",
    .example =
        "spotter import voc data/cards\n  spotter import coco results.json --as predictions "
        "--model v7 "
        "--reference truth.json",
    .declare = [](CLI::App& app, Context& context) -> std::function<int()> {
      const auto options = std::make_shared<Options>();
      declare_options(app, *options);
      return [&context, options] {
        if (options->content == "predictions") {
          options->import.read.content = formats::Content::kPredictions;
        }
        if (options->by_folder) {
          options->import.sequences = ingest::Sequences::kByFolder;
        }
        auto project = open_project(context.project);
        const auto report = ingest::to_json(
            ingest::import(project, options->import, progress_printer(context, "import")));
        context.answer(report, [&] { print(report); });
        return 0;
      };
    },
};

}  // namespace spotter::cli
