// `spotter serve` and `spotter openapi`.
#include "server/serve.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"
#include "server/route.h"

namespace spotter::cli {
namespace {

std::function<int()> declare_serve(CLI::App& app, Context& context) {
  auto options = std::make_shared<server::ServeOptions>();
  app.add_option("--bind", options->bind,
                 "Address and port (default: 127.0.0.1:8300; port 0: any)");
  app.add_flag("!--no-schedule", options->schedule, "Do not run the calendar of spotter.yaml");
  return [options, &context] {
    options->project = context.project;
    options->on_ready = [&context](const std::string& url) {
      context.answer({{"url", url}}, [&] { fmt::print("Spotter is at {}\n", url); });
      std::fflush(stdout);
    };
    server::serve(*options);
    return 0;
  };
}

std::function<int()> declare_openapi(CLI::App&, Context&) {
  return [] {
    fmt::print("{}\n", server::openapi_document().dump(1));
    return 0;
  };
}

}  // namespace

extern const Command command_serve;
const Command command_serve = {
    .name = "serve",
    .summary = "Show the project in the browser, serve its interface and run its calendar",
    .example = "spotter serve --bind 127.0.0.1:8300",
    .declare = declare_serve,
};
extern const Command command_openapi;
const Command command_openapi = {
    .name = "openapi",
    .summary = "Print the description of the HTTP interface",
    .example = "spotter openapi > openapi.json",
    .declare = declare_openapi,
};

}  // namespace spotter::cli
