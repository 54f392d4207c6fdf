// A check that is any program: samples go in as JSON lines, findings come out as JSON lines.
#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
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
constexpr std::size_t kErrorBytesShown = 2000;
constexpr int kLastReadsMax = 64;  // of what the program left in the pipe, more than a pipe holds

// A pipe with a name, that a program writes its standard error to: whatever it says, only the last
// bytes are kept.
class ErrorPipe {
 public:
  explicit ErrorPipe(const fs::path& file) {
    if (::mkfifo(file.c_str(), 0600) == 0) {
      descriptor_ = ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    }
    if (descriptor_ < 0) {
      fail(ErrorCode::kUnavailable, fmt::format("cannot make a pipe at {}", file.string()));
    }
  }
  ~ErrorPipe() { ::close(descriptor_); }
  ErrorPipe(const ErrorPipe&) = delete;
  ErrorPipe& operator=(const ErrorPipe&) = delete;

  [[nodiscard]] int descriptor() const { return open_ ? descriptor_ : -1; }

  // Takes what lies in the pipe; false when nothing did.
  bool read_some() {
    std::array<char, std::size_t{64} << 10> bytes{};
    const auto got = ::read(descriptor_, bytes.data(), bytes.size());
    open_ = open_ && got != 0;
    if (got <= 0) {
      return false;
    }
    last_.append(bytes.data(), static_cast<std::size_t>(got));
    if (last_.size() > kErrorBytesShown) {
      last_.erase(0, last_.size() - kErrorBytesShown);
    }
    return true;
  }

  // ": " and what was said last; empty for nothing that is text.
  [[nodiscard]] std::string last_words() const {
    std::string_view words = last_;
    while (!words.empty() && (static_cast<unsigned char>(words.front()) & 0xC0U) == 0x80U) {
      words.remove_prefix(1);  // the rest of a character that was cut
    }
    const auto shown = std::string(trim(words));
    return shown.empty() || !valid_utf8(shown) ? "" : ": " + shown;
  }

 private:
  int descriptor_ = -1;
  bool open_ = true;
  std::string last_;
};

// Tells when a process ends, and takes what it says meanwhile.
class Watch {
 public:
  Watch(int pid, ErrorPipe& errors)
      : pid_(pid),
        descriptor_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U))),
        errors_(errors) {}
  ~Watch() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Waits until the process ends, says something or, at most, so long; true = it has ended.
  bool wait(std::chrono::milliseconds patience) {
    std::array<pollfd, 2> wanted{
        pollfd{.fd = descriptor_, .events = POLLIN, .revents = 0},
        pollfd{.fd = errors_.descriptor(), .events = POLLIN, .revents = 0}};
    (void)::poll(wanted.data(), wanted.size(), static_cast<int>(patience.count()));
    if (wanted[1].revents != 0) {
      (void)errors_.read_some();
    }
    // A kernel without pidfd_open gives no descriptor.
    return descriptor_ >= 0 ? wanted[0].revents != 0 : process_start_ticks(pid_) == 0;
  }

 private:
  int pid_;
  int descriptor_;
  ErrorPipe& errors_;
};

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
  ErrorPipe errors(files_->errors());
  const auto refuse = [&](const std::string& why) {
    fail(ErrorCode::kInvalid,
         fmt::format("check \"{}\": its program {}{}", check_.name, why, errors.last_words()));
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
  Watch watch(pid, errors);
  while (ended.empty() && !watch.wait(std::chrono::milliseconds(200))) {
    ended = Clock::now() > deadline ? fmt::format("ran for more than {} s", check_.timeout_s)
            : too_long()            ? fmt::format("wrote more than {} MiB", kOutputBytesMax >> 20)
                                    : "";
  }
  signal_group(pid, SIGKILL);  // what it may have left behind too
  const int code = wait_child(pid);
  for (int reads = 0; reads < kLastReadsMax && errors.read_some(); ++reads) {
  }
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
