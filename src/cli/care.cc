// `spotter verify`, `gc` and `doctor`.
#include "project/care.h"

#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/print.h"
#include "project/doctor.h"

namespace spotter::cli {
namespace {

std::string bytes_text(std::uintmax_t bytes) {
  constexpr double kStep = 1024;
  double size = static_cast<double>(bytes);
  for (const char* unit : {"bytes", "kB", "MB"}) {
    if (size < kStep) {
      return fmt::format("{:.{}f} {}", size, size == static_cast<double>(bytes) ? 0 : 1, unit);
    }
    size /= kStep;
  }
  return fmt::format("{:.1f} GB", size);
}

std::function<int()> declare_verify(CLI::App& app, Context& context) {
  auto quick = std::make_shared<bool>(false);
  app.add_flag("--quick", *quick, "Do not read the bytes of every blob");
  return [quick, &context] {
    auto project = open_project(context.project);
    VerifyOptions options{.hashes = !*quick};
    if (!*quick) {
      options.progress = progress_printer(context, "reading blobs");
    }
    const auto problems = verify_project(project, options);
    context.answer({{"problems", problems}}, [&] {
      for (const auto& problem : problems) {
        fmt::print("{}\n", problem);
      }
      if (problems.empty()) {
        fmt::print("no problems\n");
      } else {
        fmt::print("{}\n", counted(problems.size(), "problem"));
      }
    });
    return problems.empty() ? 0 : 1;
  };
}

std::function<int()> declare_gc(CLI::App& app, Context& context) {
  struct Words {
    bool dry_run = false;
    double grace_hours = 24;
  };
  auto words = std::make_shared<Words>();
  app.add_flag("--dry-run", words->dry_run, "Only say what would be removed");
  app.add_option("--grace-hours", words->grace_hours,
                 "Keep what was stored within so many hours (default: 24)")
      ->check(CLI::Range(0.0, 1e6));
  return [words, &context] {
    auto project = open_project(context.project);
    constexpr double kHourMs = 3'600'000;
    const Json result = sweep_project(
        project,
        {.dry_run = words->dry_run, .grace_ms = static_cast<TimeMs>(words->grace_hours * kHourMs)});
    context.answer(result, [&] {
      fmt::print("{} {}: {} ({}), {} of killed writers, {} of the lake; {} ({}) stay\n",
                 words->dry_run ? "would free" : "freed",
                 bytes_text(result["bytes"].get<std::uintmax_t>()),
                 counted(result["blobs"]["count"].get<std::size_t>(), "blob"),
                 bytes_text(result["blobs"]["bytes"].get<std::uintmax_t>()),
                 bytes_text(result["leftovers"]["bytes"].get<std::uintmax_t>()),
                 bytes_text(result["lake"]["bytes"].get<std::uintmax_t>()),
                 counted(result["kept"]["count"].get<std::size_t>(), "blob"),
                 bytes_text(result["kept"]["bytes"].get<std::uintmax_t>()));
    });
    return 0;
  };
}

std::function<int()> declare_doctor(CLI::App&, Context& context) {
  return [&context] {
    const auto found = diagnose(context.project);
    Json checks = Json::array();
    std::vector<std::vector<std::string>> rows;
    for (const auto& d : found) {
      checks.push_back({{"name", d.name}, {"state", name(d.state)}, {"detail", d.detail}});
      rows.push_back({d.name, std::string(name(d.state)), d.detail});
    }
    context.answer({{"checks", checks}}, [&] { print_table({"check", "state", "found"}, rows); });
    return std::any_of(found.begin(), found.end(),
                       [](const Diagnosis& d) { return d.state == Diagnosis::State::kFailed; })
               ? 1
               : 0;
  };
}

}  // namespace

extern const Command command_verify;
const Command command_verify = {
    .name = "verify",
    .summary = "Check every hash, every reference and every count of the project",
    .example = "spotter verify",
    .declare = declare_verify,
};
extern const Command command_gc;
const Command command_gc = {
    .name = "gc",
    .summary = "Give back the room of what nothing refers to",
    .example = "spotter gc --dry-run",
    .declare = declare_gc,
};
extern const Command command_doctor;
const Command command_doctor = {
    .name = "doctor",
    .summary = "Look at what this machine and this installation lack",
    .example = "spotter doctor",
    .declare = declare_doctor,
};

}  // namespace spotter::cli
