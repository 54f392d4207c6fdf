#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"
#include "loop/ingest/ingest.h"

namespace spotter::cli {

extern const Command command_flag;
const Command command_flag = {
    .name = "flag",
    .summary = "Say that something is wrong with a sample, so that the loop looks at it",
    .example = "spotter flag w1/s3/0 --reason \"green cone missed\" --box 10,20,34,60",
    .declare = [](CLI::App& app, Context& context) -> std::function<int()> {
      const auto options = std::make_shared<ingest::FlagOptions>();
      const auto box = std::make_shared<std::vector<double>>();
      app.add_option("key", options->sample, "Key of the sample")->required();
      app.add_option("--reason", options->reason, "What is wrong")->required();
      app.add_option("--box", *box, "Where: x1,y1,x2,y2 in pixels")->delimiter(',')->expected(4);
      app.add_option("--by", options->author, "Who says so (default: you)");
      return [&context, options, box] {
        if (box->size() == 4) {
          options->box = Box{box->at(0), box->at(1), box->at(2), box->at(3)};
        }
        auto project = open_project(context.project);
        const Json result = ingest::flag(project, *options);
        context.answer(result, [&] {
          fmt::print("{} \"{}\": {}\n",
                     result["added"].get<bool>() ? "Flagged" : "Already flagged:",
                     result["sample"].get<std::string>(), result["reason"].get<std::string>());
        });
        return 0;
      };
    },
};

}  // namespace spotter::cli
