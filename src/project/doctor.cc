#include "project/doctor.h"

#include <fmt/format.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/parallel.h"
#include "base/subprocess.h"
#include "base/text.h"
#include "exec/executor.h"
#include "project/project.h"
#include "store/lake/care.h"

namespace spotter {
namespace {

using State = Diagnosis::State;

constexpr double kGigabyte = 1024.0 * 1024 * 1024;
constexpr double kDiskWarnGb = 5;
constexpr double kDiskFailGb = 0.2;
constexpr double kMemoryWarnGb = 2;

// What `look` finds; an error is the finding, not the end of the examination.
template <typename Look>
Diagnosis examine(std::string name, const Look& look) {
  Diagnosis result{.name = std::move(name)};
  try {
    look(result);
  } catch (const Error& e) {
    result.state = State::kFailed;
    result.detail = e.what();
  }
  return result;
}

void look_at_disk(Diagnosis& d, const std::filesystem::path& folder) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  if (error) {
    fail(ErrorCode::kNotFound,
         fmt::format("cannot be read ({}): {}", error.message(), folder.string()));
  }
  const double free = static_cast<double>(space.available) / kGigabyte;
  d.state = free < kDiskFailGb ? State::kFailed : free < kDiskWarnGb ? State::kWarning : State::kOk;
  d.detail = fmt::format("{:.1f} GB free{}: {}", free, d.state == State::kOk ? "" : "; make room",
                         folder.string());
  if (::access(folder.c_str(), W_OK) != 0) {
    d.state = State::kFailed;
    d.detail = fmt::format("cannot be written: {}", folder.string());
  }
}

void look_at_machine(Diagnosis& d) {
  struct sysinfo info{};
  ::sysinfo(&info);
  const double memory = static_cast<double>(info.totalram) * info.mem_unit / kGigabyte;
  d.state = memory < kMemoryWarnGb ? State::kWarning : State::kOk;
  d.detail = fmt::format("{} threads, {:.1f} GB memory{}", thread_count(), memory,
                         d.state == State::kOk ? "" : "; training wants 2 GB");
}

void look_at_networks(Diagnosis& d) {
  const auto program = program_folder() / "spotter-nn";
  if (!std::filesystem::exists(program)) {
    d.state = State::kFailed;
    d.detail = fmt::format(
        "spotter-nn is not beside spotter, so the built-in trainer cannot run; `./run build` "
        "makes it: {}",
        program.string());
    return;
  }
  const auto said = run_command({.arguments = {program.string(), "--version"}});
  const auto version = std::string(trim(said.output));
  const bool same = version.starts_with(fmt::format("spotter-nn {} ", SPOTTER_VERSION));
  d.state = said.exit_code != 0 ? State::kFailed : same ? State::kOk : State::kWarning;
  d.detail = said.exit_code != 0
                 ? fmt::format("spotter-nn does not start (exit code {}): {}", said.exit_code,
                               program.string())
                 : version + (same ? "" : fmt::format("; this is spotter {}", SPOTTER_VERSION));
}

void look_at_project(Diagnosis& d, Project& project) {
  const auto samples = project.lake->query("SELECT count(*) FROM samples").integer(0, 0);
  d.detail = fmt::format("\"{}\": {} samples, catalog schema {}, lake snapshot {}, executor {}: {}",
                         project.config.name, samples, catalog::schema_of(*project.catalog),
                         project.lake->snapshot(), project.config.executor, project.root.string());
  (void)exec::make_executor(project.config.executor, project.config.executor_options);
}

}  // namespace

std::string_view name(Diagnosis::State state) {
  switch (state) {
    case State::kOk:
      return "ok";
    case State::kWarning:
      return "warning";
    default:
      return "failed";
  }
}

std::vector<Diagnosis> diagnose(const std::filesystem::path& given) {
  std::vector<Diagnosis> found;
  found.push_back(examine("program", [](Diagnosis& d) {
    auto memory = catalog::open_database("sqlite::memory:");
    d.detail =
        fmt::format("spotter {}, DuckDB {}, SQLite {}", SPOTTER_VERSION, lake::library_version(),
                    memory->query("SELECT sqlite_version()")[0].text(0));
  }));
  found.push_back(examine("extensions", [](Diagnosis& d) {
    lake::check_extensions();
    d.detail = "the lake's extensions load and their signatures are good";
  }));
  found.push_back(examine("networks", look_at_networks));
  found.push_back(examine("executors", [](Diagnosis& d) {
    d.detail = fmt::format("{}", fmt::join(exec::executor_names(), ", "));
  }));
  found.push_back(examine("machine", look_at_machine));
  found.push_back(examine(
      "temporary", [](Diagnosis& d) { look_at_disk(d, std::filesystem::temp_directory_path()); }));
  found.push_back(examine("project", [&](Diagnosis& d) {
    std::optional<Project> project;
    try {
      project.emplace(open_project(given));
    } catch (const Error& e) {
      if (e.code != ErrorCode::kNotFound || !given.empty()) {
        throw;
      }
      d.detail = "none here or above; `spotter init` makes one";
      return;
    }
    look_at_disk(d, project->root);
    if (d.state == State::kOk) {
      look_at_project(d, *project);
    }
  }));
  return found;
}

}  // namespace spotter
