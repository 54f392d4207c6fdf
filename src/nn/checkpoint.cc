#include "nn/checkpoint.h"

#include <limits>
#include <sstream>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/log.h"

namespace spotter::nn {
namespace {

using torch::serialize::InputArchive;
using torch::serialize::OutputArchive;

constexpr std::size_t kDigestBytes = 64;

enum class Reading { kDone, kDamaged, kOfAnotherRun };

template <typename Part>
void write_part(OutputArchive& archive, const std::string& name, const Part& part) {
  OutputArchive inner;
  part.save(inner);
  archive.write(name, inner);
}

template <typename Part>
void read_part(InputArchive& archive, const std::string& name, Part& part) {
  InputArchive inner;
  archive.read(name, inner);
  part.load(inner);
}

c10::IValue read_value(InputArchive& archive, const std::string& name) {
  c10::IValue value;
  archive.read(name, value);
  return value;
}

std::filesystem::path before(const std::filesystem::path& path) {
  auto older = path;
  return older += ".before";
}

Reading read_checkpoint(RunState& state, const std::string& identity,
                        const std::filesystem::path& path) {
  const auto bytes = read_file(path, std::numeric_limits<std::size_t>::max());
  const std::string_view all = bytes;
  // LibTorch's reader takes flipped bits inside a tensor for values, so the digest comes first.
  if (all.size() <= kDigestBytes ||
      sha256_hex(all.substr(kDigestBytes)) != all.substr(0, kDigestBytes)) {
    return Reading::kDamaged;
  }
  try {
    InputArchive archive;
    archive.load_from(all.data() + kDigestBytes, all.size() - kDigestBytes);
    if (read_value(archive, "identity").toStringRef() != identity) {
      return Reading::kOfAnotherRun;
    }
    read_part(archive, "net", state.net);
    read_part(archive, "average", state.average);
    read_part(archive, "optimizer", state.optimizer);
    state.step = read_value(archive, "step").toInt();
    state.seconds = read_value(archive, "seconds").toDouble();
    state.cpu_seconds = read_value(archive, "cpu_seconds").toDouble();
    state.log = read_value(archive, "log").toStringRef();
    return Reading::kDone;
  } catch (const c10::Error&) {  // whole, but written by another version
    return Reading::kDamaged;
  }
}

}  // namespace

void save_checkpoint(RunState& state, const std::string& identity,
                     const std::filesystem::path& path) {
  OutputArchive archive;
  archive.write("identity", c10::IValue(identity));
  archive.write("step", c10::IValue(state.step));
  archive.write("seconds", c10::IValue(state.seconds));
  archive.write("cpu_seconds", c10::IValue(state.cpu_seconds));
  archive.write("log", c10::IValue(state.log));
  write_part(archive, "net", state.net);
  write_part(archive, "average", state.average);
  write_part(archive, "optimizer", state.optimizer);
  std::ostringstream stream;
  archive.save_to(stream);
  const auto bytes = stream.str();
  if (std::filesystem::exists(path)) {
    std::filesystem::rename(path, before(path));
  }
  write_file_atomic(path, sha256_hex(bytes) + bytes);
}

bool load_checkpoint(RunState& state, const std::string& identity,
                     const std::filesystem::path& path) {
  for (const auto& candidate : {path, before(path)}) {
    if (!std::filesystem::exists(candidate)) {
      continue;
    }
    switch (read_checkpoint(state, identity, candidate)) {
      case Reading::kDone:
        return true;
      case Reading::kDamaged:
        log_warning("a checkpoint is damaged and passed over: " + candidate.string());
        break;
      case Reading::kOfAnotherRun:
        log_warning("a checkpoint is of another run and passed over: " + candidate.string());
        break;
    }
  }
  return false;
}

}  // namespace spotter::nn
