#include "formats/convert.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/read_options.h"

namespace spotter::cli {
namespace {

void print(const Json& report) {
  const auto number = [&](const char* key) { return report[key].get<std::size_t>(); };
  fmt::print("read       {} objects of {} samples\n", number("read"), number("samples_read"));
  fmt::print("written    {} objects of {} samples\n", number("written"), number("samples_written"));
  fmt::print("converted  {}\n", number("converted"));
  fmt::print("dropped    {}\n", number("dropped"));
  for (const auto& note : report["notes"]) {
    fmt::print("note: {}\n", note.get<std::string>());
  }
  print_rejects(report["rejects"]);
}

}  // namespace

extern const Command command_convert;
const Command command_convert = {
    .name = "convert",
    .summary = "Convert annotation files from one format to another",
    .example = "spotter convert --from voc data/cards --to coco cards.json",
    .declare = [](CLI::App& app, Context& context) -> std::function<int()> {
      const auto options = std::make_shared<formats::ConvertOptions>();
      const auto paths = std::make_shared<std::vector<std::string>>();
      const auto predictions = std::make_shared<bool>(false);
      app.add_option("--from", options->from, "Format of IN")->required();
      app.add_option("--to", options->to, "Format of OUT")->required();
      app.add_option("paths", *paths, "IN and OUT")->required()->expected(2);
      app.add_flag("--predictions", *predictions, "The objects of IN are predictions with scores");
      app.add_flag("--dry-run", options->dry_run, "Only report what would be written");
      app.add_flag("--overwrite", options->overwrite, "Write although OUT is there already");
      add_read_options(app, options->read);
      return [&context, options, paths, predictions] {
        options->in = paths->at(0);
        options->out = paths->at(1);
        options->read.content =
            *predictions ? formats::Content::kPredictions : formats::Content::kLabels;
        const Json report = formats::convert(*options);
        context.answer(report, [&] { print(report); });
        return 0;
      };
    },
};

}  // namespace spotter::cli
