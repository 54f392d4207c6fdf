#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/read_options.h"
#include "loop/ingest/ingest.h"

namespace spotter::cli {

extern const Command command_export;
const Command command_export = {
    .name = "export",
    .summary = "Write samples and labels to files of another tool",
    .example =
        "spotter export yolo out --version v3 --pictures\n  spotter export coco rain.json --where "
        "\"weather = "
        "'rain'\"",
    .declare = [](CLI::App& app, Context& context) -> std::function<int()> {
      const auto options = std::make_shared<ingest::ExportOptions>();
      app.add_option("format", options->format, "Format to write (see `spotter formats`)")
          ->required();
      app.add_option("out", options->out, "File or folder to write")->required();
      auto* version =
          app.add_option("--version", options->version, "Samples and labels of a dataset version");
      app.add_option("--where", options->where,
                     "Or samples that satisfy a filter, with their current labels")
          ->excludes(version);
      app.add_option("--model", options->model, "Predictions of this model go along");
      app.add_flag("--pictures", options->pictures, "Copy the pictures too");
      app.add_flag("--overwrite", options->overwrite, "Write although OUT is there already");
      return [&context, options] {
        auto project = open_project(context.project);
        const Json report = ingest::export_samples(project, *options);
        context.answer(report, [&] {
          fmt::print(
              "Wrote {} of {} to {}\n", counted(report["written"].get<std::size_t>(), "object"),
              counted(report["samples"].get<std::size_t>(), "sample"), options->out.string());
          if (options->pictures) {
            fmt::print("pictures copied      {}\n", report["pictures"].get<std::size_t>());
          }
          fmt::print("objects dropped      {}\n", report["dropped"].get<std::size_t>());
          for (const auto& note : report["notes"]) {
            fmt::print("note: {}\n", note.get<std::string>());
          }
          print_rejects(report["rejects"]);
        });
        return 0;
      };
    },
};

}  // namespace spotter::cli
