// spotter-nn: trains and runs networks in a process of its own, by the folder contract of
// docs/internals/trainer.md.
#include <fmt/format.h>
#include <torch/torch.h>

#include <cstdio>
#include <map>
#include <string>

#include "base/error.h"
#include "nn/contract.h"
#include "nn/infer.h"
#include "nn/train.h"

namespace spotter::nn {
namespace {

constexpr const char* kUsage =
    "usage: spotter-nn train --data M.jsonl [--val M.jsonl] [--init DIR] --out DIR --config C.json\n"
    "       spotter-nn infer --data M.jsonl --model DIR --out DIR --config C.json\n";

using Words = std::map<std::string, std::string>;

Words words_of(int argc, char** argv) {
  Words words;
  for (int i = 2; i < argc; i += 2) {
    const std::string name = argv[i];
    const bool known = name == "--data" || name == "--val" || name == "--init" || name == "--out" ||
                       name == "--config" || name == "--model";
    if (!known || i + 1 == argc) {
      fail(ErrorCode::kInvalid, fmt::format("\"{}\" is no option, or its value is missing\n{}", name, kUsage));
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

Settings settings_of(const Words& words) {
  auto settings = read_settings(needed(words, "config"));
  at::set_num_threads(settings.threads);
  at::globalContext().setFlushDenormal(true);
  at::globalContext().setDeterministicAlgorithms(true, true);
  return settings;
}

int run(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  if (command == "train") {
    const auto words = words_of(argc, argv);
    listen_for_stop();
    return train({.data = needed(words, "data"),
                  .val = optional_word(words, "val"),
                  .init = optional_word(words, "init"),
                  .out = needed(words, "out"),
                  .settings = settings_of(words)}) == TrainEnd::kDone
               ? 0
               : kExitRequeue;
  }
  if (command == "infer") {
    const auto words = words_of(argc, argv);
    infer({.data = needed(words, "data"),
           .model = needed(words, "model"),
           .out = needed(words, "out"),
           .settings = settings_of(words)});
    return 0;
  }
  if (command == "--version") {
    fmt::print("spotter-nn {} (LibTorch {})\n", SPOTTER_VERSION, TORCH_VERSION);
    return 0;
  }
  fmt::print(stderr, "{}", kUsage);
  return kExitConfig;
}

int exit_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid: return kExitData;
    case ErrorCode::kNotFound: return kExitData;
    case ErrorCode::kUnavailable: return 74;  // EX_IOERR: disk, may pass
    default: return 1;
  }
}

}  // namespace
}  // namespace spotter::nn

int main(int argc, char** argv) {
  try {
    return spotter::nn::run(argc, argv);
  } catch (const spotter::Error& e) {
    fmt::print(stderr, "error: {}\n", e.what());
    return spotter::nn::exit_of(e.code);
  } catch (const c10::Error& e) {
    fmt::print(stderr, "error: the network library failed: {}\n", e.what_without_backtrace());
    return 1;
  } catch (const std::exception& e) {
    fmt::print(stderr, "error: {}\n", e.what());
    return 1;
  }
}
