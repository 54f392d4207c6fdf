#include "server/metrics.h"

#include <fstream>

#include <fmt/format.h>
#include <unistd.h>

namespace spotter::server {
namespace {

struct Sheet {
  std::string text;
  void head(std::string_view name, std::string_view type, std::string_view help) {
    text += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  }
  void row(std::string_view name, std::string_view labels, double value) {
    text += labels.empty() ? fmt::format("{} {}\n", name, value)
                           : fmt::format("{}{{{}}} {}\n", name, labels, value);
  }
  void single(std::string_view name, std::string_view type, std::string_view help, double value) {
    head(name, type, help);
    row(name, "", value);
  }
};

std::string label_text(const std::string& value) {
  std::string out;
  for (const char c : value) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') {
      out.push_back('\\');
    }
    out.push_back(c);
  }
  return out;
}

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double pages = 0;
  double resident = 0;
  file >> pages >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

void by_state(Sheet& sheet, Project& project, const std::string& name, const std::string& table) {
  sheet.head(name, "gauge", fmt::format("{} by state", table));
  for (const auto& row : project.catalog->query(
           fmt::format("SELECT state, count(*) FROM {} GROUP BY state ORDER BY state", table))) {
    sheet.row(name, fmt::format("state=\"{}\"", label_text(row.text(0))),
              static_cast<double>(row.integer(1)));
  }
}

void loop_figures(Sheet& sheet, Project& project) {
  by_state(sheet, project, "spotter_cycles", "cycles");
  by_state(sheet, project, "spotter_jobs", "jobs");
  by_state(sheet, project, "spotter_failure_modes", "failure_modes");
  by_state(sheet, project, "spotter_batches", "batches");
  const auto last = project.catalog->query(
      "SELECT coalesce(max(ended_at), 0) FROM cycles WHERE state = 'done' AND rehearsal = 0");
  if (last[0].integer(0) > 0) {
    sheet.single("spotter_cycle_age_seconds", "gauge", "Time since a cycle last came to its end",
                 static_cast<double>(project.now() - last[0].integer(0)) / 1000.0);
  }
  const auto human = project.catalog->query(
      "SELECT coalesce(sum(seconds), 0.0) / 60.0 FROM ledger WHERE kind = 'human'");
  sheet.single("spotter_human_minutes_total", "counter", "Attended minutes of people",
               human[0].real(0));
  sheet.head("spotter_deployment_info", "gauge", "The model at each target");
  for (const auto& row : project.catalog->query("SELECT d.target, m.name FROM deployments d JOIN "
                                                "models m ON m.id = d.model WHERE d.created_at = "
                                                "(SELECT max(created_at) FROM deployments e WHERE "
                                                "e.target = d.target) ORDER BY d.target")) {
    sheet.row(
        "spotter_deployment_info",
        fmt::format("target=\"{}\",model=\"{}\"", label_text(row.text(0)), label_text(row.text(1))),
        1);
  }
}

}  // namespace

void Metrics::count(int status, double seconds) {
  const std::scoped_lock guard(mutex_);
  ++requests_.at(static_cast<std::size_t>(std::clamp(status / 100, 0, 5)));
  seconds_ += seconds;
}

Response Metrics::page(Project& project, std::size_t stream_count) {
  Sheet sheet;
  {
    const std::scoped_lock guard(mutex_);
    sheet.head("spotter_http_requests_total", "counter", "Answered requests by class of status");
    for (std::size_t i = 1; i < requests_.size(); ++i) {
      sheet.row("spotter_http_requests_total", fmt::format("status=\"{}xx\"", i),
                static_cast<double>(requests_.at(i)));
    }
    sheet.single("spotter_http_request_seconds_total", "counter", "Time spent on requests",
                 seconds_);
  }
  sheet.single("spotter_event_streams", "gauge", "Open event streams",
               static_cast<double>(stream_count));
  sheet.single("process_resident_memory_bytes", "gauge", "Memory of this process",
               resident_bytes());
  loop_figures(sheet, project);
  return {.media_type = "text/plain; version=0.0.4; charset=utf-8",
          .body = std::move(sheet.text),
          .headers = {{"Cache-Control", "no-store"}}};
}

}  // namespace spotter::server
