// spotter-nn: trains and runs networks in a process of its own, by the folder contract of
// docs/internals/trainer.md.
#include <cstdio>
#include <map>
#include <string>

#include <fmt/format.h>
#include <torch/torch.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/error.h"
#include "nn/contract.h"
#include "nn/infer.h"
#include "nn/task.h"
#include "nn/train.h"

namespace spotter::nn {
namespace {

constexpr const char* kUsage =
    "usage: spotter-nn train --data M.jsonl [--val M.jsonl] [--init DIR] --out DIR --config "
    "C.json\n"
    "       spotter-nn infer --data M.jsonl --model DIR --out DIR --config C.json\n";

using Words = std::map<std::string, std::string>;

Words words_of(int argc, char** argv) {
  Words words;
  for (int i = 2; i < argc; i += 2) {
    const std::string name = argv[i];
    const bool known = name == "--data" || name == "--val" || name == "--init" || name == "--out" ||
                       name == "--config" || name == "--model";
    if (!known || i + 1 == argc) {
      fail(ErrorCode::kInvalid,
           fmt::format("\"{}\" is no option, or its value is missing\n{}", name, kUsage));
    }
    words[name.substr(2)] = argv[i + 1];
  }
  return words;
}

std::string needed(const Words& words, const std::string& name) {
  const auto found = words.find(name);
  if (found == words.end() || found->second.empty()) {
    fail(ErrorCode::kInvalid, fmt::format("--{} is missing\n{}", name, kUsage));
  }
  return found->second;
}

std::string optional_word(const Words& words, const std::string& name) {
  const auto found = words.find(name);
  return found == words.end() ? "" : found->second;
}

// Large buffers come and go at each step: keep them instead of handing them back to the kernel.
void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kBytes = 1 << 30;
  mallopt(M_MMAP_THRESHOLD, kBytes);
  mallopt(M_TRIM_THRESHOLD, kBytes);
#endif
}

void check_device(const std::string& device) {
  const bool known = device == "cpu" || device.starts_with("cuda");
  bool usable = device == "cpu";
  if (known && !usable) {
    const std::string number = device.size() > 5 ? device.substr(5) : "0";
    const bool plain =
        device == "cuda" || (device[4] == ':' && number.size() < 4 && !number.empty() &&
                             number.find_first_not_of("0123456789") == std::string::npos);
    usable = plain && torch::cuda::is_available() &&
             static_cast<std::size_t>(std::stoi(number)) < torch::cuda::device_count();
  }
  if (!usable) {
    fail(ErrorCode::kUnavailable,
         fmt::format("SPOTTER_DEVICE \"{}\" is not here; {}", device,
                     known ? "this machine or this build of LibTorch has no such GPU, use cpu"
                           : "known are cpu and cuda:0, cuda:1, …"));
  }
}

// The job as the command line and config.json state it; nothing is read of the data yet.
struct Command {
  bool training = false;
  TrainJob train;
  InferJob infer;

  [[nodiscard]] const Settings& settings() const {
    return training ? train.settings : infer.settings;
  }
};

Command read_command(const std::string& verb, const Words& words) {
  Command command{.training = verb == "train"};
  auto settings = read_settings(needed(words, "config"));
  (void)nn_task(settings.task);  // refuses an unknown one as wrong configuration
  const std::filesystem::path data = needed(words, "data");
  const std::filesystem::path out = needed(words, "out");
  if (command.training) {
    if (settings.classes.empty()) {
      fail(ErrorCode::kInvalid, "the configuration names no classes: " + needed(words, "config"));
    }
    command.train = {.data = data,
                     .val = optional_word(words, "val"),
                     .init = optional_word(words, "init"),
                     .out = out,
                     .settings = std::move(settings)};
  } else {
    command.infer = {
        .data = data, .model = needed(words, "model"), .out = out, .settings = std::move(settings)};
  }
  return command;
}

int run(const Command& command) {
  keep_freed_memory();
  at::set_num_threads(command.settings().threads);
  at::globalContext().setFlushDenormal(true);
  at::globalContext().setDeterministicAlgorithms(true, true);
  if (!command.training) {
    infer(command.infer);
    return 0;
  }
  listen_for_stop();
  return train(command.train) == TrainEnd::kDone ? 0 : kExitRequeue;
}

int exit_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
      return kExitData;
    case ErrorCode::kNotFound:
      return kExitNoInput;
    case ErrorCode::kUnavailable:
      return kExitDisk;
    default:
      return 1;
  }
}

// Runs `body`; an error becomes a line on standard error and the exit code of its kind.
template <typename Body>
int guarded(const Body& body, int (*code_of)(ErrorCode)) {
  try {
    return body();
  } catch (const Error& e) {
    fmt::print(stderr, "error: {}\n", e.what());
    return code_of(e.code);
  } catch (const c10::Error& e) {
    fmt::print(stderr, "error: the network library failed: {}\n", e.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "error: out of memory; a smaller batch or input needs less\n");
  } catch (const std::exception& e) {
    fmt::print(stderr, "error: {}\n", e.what());
  }
  return 1;
}

int start(int argc, char** argv) {
  const std::string verb = argc > 1 ? argv[1] : "";
  if (verb == "--version") {
    fmt::print("spotter-nn {} (LibTorch {})\n", SPOTTER_VERSION, TORCH_VERSION);
    return 0;
  }
  if (verb != "train" && verb != "infer") {
    fmt::print(stderr, "{}", kUsage);
    return kExitConfig;
  }
  Command command;
  const int wrong = guarded(
      [&] {
        command = read_command(verb, words_of(argc, argv));
        check_device(command.settings().device);
        return 0;
      },
      [](ErrorCode code) { return code == ErrorCode::kUnavailable ? kExitDevice : kExitConfig; });
  return wrong != 0 ? wrong : guarded([&] { return run(command); }, exit_of);
}

}  // namespace
}  // namespace spotter::nn

int main(int argc, char** argv) {
  return spotter::nn::start(argc, argv);
}
