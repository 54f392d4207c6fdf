// `spotter worker`: the calendar without a server.
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <signal.h>

#include "base/json.h"
#include "base/log.h"
#include "base/subprocess.h"
#include "cli/command.h"
#include "loop/cycle/scheduler.h"

namespace spotter::cli {
namespace {

constexpr int kLookEverySeconds = 30;

// Waits for SIGTERM or SIGINT; true when one came before the time was over.
bool told_to_stop(int seconds) {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGINT);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  const timespec time{.tv_sec = seconds, .tv_nsec = 0};
  return ::sigtimedwait(&set, nullptr, &time) > 0;
}

Json look(Project& project, std::vector<int>& children) {
  std::erase_if(children, [](int pid) { return poll_child(pid).has_value(); });
  cycle::Scheduler scheduler(project);
  Json started = Json::array();
  for (const auto& run : scheduler.tick([&](const std::vector<std::string>& arguments) {
         children.push_back(cycle::start_spotter(project, arguments));
       })) {
    log_info(fmt::format("started the {} planned for {}{}", cycle::name(run.what),
                         iso_time(run.planned_at), run.late ? " (caught up)" : ""));
    started.push_back({{"what", cycle::name(run.what)}, {"planned_at", iso_time(run.planned_at)}});
  }
  Json status = scheduler.status();
  for (const auto& alarm : status["alarms"]) {
    log_warning(alarm["message"].get<std::string>());
  }
  status["started"] = std::move(started);
  return status;
}

std::function<int()> declare(CLI::App& app, Context& context) {
  auto once = std::make_shared<bool>(false);
  app.add_flag("--once", *once, "Look at the calendar once, start what is due, and leave");
  return [once, &context] {
    auto project = open_project(context.project);
    std::vector<int> children;
    if (*once) {
      const Json status = look(project, children);
      for (const int pid : children) {
        wait_child(pid);
      }
      context.answer(status, [&] {
        for (const auto& schedule : status["schedules"]) {
          fmt::print("{}: \"{}\", next {}\n", schedule["what"].get<std::string>(),
                     schedule["cron"].get<std::string>(),
                     schedule["next"].is_string() ? schedule["next"].get<std::string>() : "never");
        }
      });
      return status["alarms"].empty() ? 0 : 1;
    }
    do {
      project = open_project(project.root);  // The configuration may have changed.
      look(project, children);
    } while (!told_to_stop(kLookEverySeconds));
    return 0;
  };
}

}  // namespace

extern const Command command_worker;
const Command command_worker = {
    .name = "worker",
    .summary = "Start cycles and rehearsals by the calendar, without a server",
    .example = "spotter worker\n  spotter worker --once",
    .declare = declare,
};

}  // namespace spotter::cli
