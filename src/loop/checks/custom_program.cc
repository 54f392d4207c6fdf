// A check that is any program: samples go in as JSON lines, findings come out as JSON lines.
#include <algorithm>
#include <chrono>
#include <fstream>

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/attempt.h"
#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/subprocess.h"
#include "base/text.h"
#include "formats/jsonl.h"
#include "loop/checks/custom.h"

namespace spotter::checks {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::uintmax_t kOutputBytesMax = std::uintmax_t{256} << 20;
constexpr std::uintmax_t kErrorBytesShown = 2000;

// Waits until the process ends or, at most, so long; false = it still runs.
bool wait_for_end(int pid, std::chrono::milliseconds patience) {
  const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U));
  if (descriptor < 0) {  // a kernel without it
    (void)::poll(nullptr, 0, static_cast<int>(patience.count()));
    return process_start_ticks(pid) == 0;
  }
  pollfd wanted{.fd = descriptor, .events = POLLIN, .revents = 0};
  const int ready = ::poll(&wanted, 1, static_cast<int>(patience.count()));
  ::close(descriptor);
  return ready > 0;
}

// Sensor layers of the samples, each list by sample.
std::map<std::string, std::vector<LabelSet>> layers_of(Project& project,
                                                       const std::vector<std::string>& keys) {
  std::map<std::string, std::vector<LabelSet>> layers;
  const auto names = project.lake->query(
      "SELECT DISTINCT layer FROM label_sets WHERE layer <> $1 ORDER BY 1", {kLabelLayer});
  for (std::size_t row = 0; row < names.rows.size(); ++row) {
    for (auto& set : project.lake->labels(keys, names.text(row, 0))) {
      layers[set.sample].push_back(std::move(set));
    }
  }
  return layers;
}

// docs/internals/jsonl.md, with the path of the picture's bytes, from the project's folder, as
// `image`.
void write_samples(Project& project, const Prepared& prepared, const fs::path& file) {
  std::vector<std::string> keys;
  for (const auto& sample : prepared.samples) {
    keys.push_back(sample.key);
  }
  auto layers = layers_of(project, keys);
  std::ofstream out(file, std::ios::binary);
  for (std::size_t i = 0; i < prepared.samples.size(); ++i) {
    formats::WriteItem item{.sample = prepared.samples[i]};
    if (!item.sample.media.empty()) {
      item.sample.file_name =
          project.blobs->local_path(item.sample.media).lexically_proximate(project.root).string();
    }
    if (prepared.input.labels[i] != nullptr) {
      item.labels = *prepared.input.labels[i];
    }
    if (!prepared.input.outputs.empty() && prepared.input.outputs[i] != nullptr) {
      item.predictions = prepared.input.outputs[i]->set;
    }
    item.layers = std::move(layers[item.sample.key]);
    out << formats::jsonl_line(item) << '\n';
  }
  out.close();
  if (!out) {
    fail(ErrorCode::kUnavailable, fmt::format("cannot write {}", file.string()));
  }
}

std::string last_lines(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  if (text.size() > kErrorBytesShown) {
    text.erase(0, text.size() - kErrorBytesShown);
  }
  const auto shown = std::string(trim(text));
  return shown.empty() || !valid_utf8(shown) ? "" : ": " + shown;
}

}  // namespace

struct ProgramCall::Files {
  TemporaryFolder folder{"spotter-check"};
  std::string model;
  [[nodiscard]] fs::path input() const { return folder.path() / "samples.jsonl"; }
  [[nodiscard]] fs::path output() const { return folder.path() / "findings.jsonl"; }
  [[nodiscard]] fs::path errors() const { return folder.path() / "stderr"; }
};

ProgramCall::ProgramCall(Project& project, const CustomCheck& check,
                         const std::optional<trainer::Model>& model, const Prepared& prepared)
    : check_(check), folder_(project.root), files_(std::make_unique<Files>()) {
  files_->model = model ? model->id : "";
  write_samples(project, prepared, files_->input());
  std::string text = fmt::format("{}\n{}\n{}\n{}", check.name, files_->model,
                                 check.parameters.dump(), sha256_file(files_->input()));
  for (const auto& word : check.command) {
    const auto file = folder_ / word;
    std::error_code unreadable;
    text += "\n" + word;
    if (fs::is_regular_file(file, unreadable)) {
      text += " " + sha256_file(file);
    }
  }
  inputs_ = sha256_hex(text);
}

ProgramCall::~ProgramCall() = default;

FindingRows ProgramCall::run() const {
  const auto refuse = [&](const std::string& why) {
    fail(ErrorCode::kInvalid, fmt::format("check \"{}\": its program {}{}", check_.name, why,
                                          last_lines(files_->errors())));
  };
  const CommandSpec spec{.arguments = check_.command,
                         .folder = folder_,
                         .environment = {{"SPOTTER_CHECK_PARAMETERS", check_.parameters.dump()},
                                         {"SPOTTER_CHECK_MODEL", files_->model}},
                         .stdin_file = files_->input(),
                         .stdout_file = files_->output(),
                         .stderr_file = files_->errors(),
                         .dies_with_caller = true};
  int pid = 0;
  if (const auto problem = problem_of([&] { pid = spawn_command(spec); }); !problem.empty()) {
    refuse("does not run: " + problem);
  }
  const auto too_long = [&] {
    std::error_code absent;
    const auto bytes = fs::file_size(files_->output(), absent);
    return !absent && bytes > kOutputBytesMax;
  };
  const auto deadline = Clock::now() + std::chrono::seconds(check_.timeout_s);
  std::string ended;
  while (ended.empty() && !wait_for_end(pid, std::chrono::milliseconds(200))) {
    ended = Clock::now() > deadline ? fmt::format("ran for more than {} s", check_.timeout_s)
            : too_long()            ? fmt::format("wrote more than {} MiB", kOutputBytesMax >> 20)
                                    : "";
  }
  signal_group(pid, SIGKILL);  // what it may have left behind too
  const int code = wait_child(pid);
  if (!ended.empty()) {
    refuse(ended + " and was ended");
  }
  if (code != 0) {
    refuse(fmt::format("ended with exit code {}", code));
  }
  FindingRows rows;
  std::size_t number = 0;
  for (auto& line : split(read_file(files_->output(), kOutputBytesMax), '\n')) {
    ++number;
    if (!trim(line).empty()) {
      rows.emplace_back(fmt::format("line {}", number), std::move(line));
    }
  }
  if (rows.size() > kFindingRowsMax) {
    refuse(fmt::format("gave more than {} findings", kFindingRowsMax));
  }
  return rows;
}

}  // namespace spotter::checks
