// Runs every fuzz target on mutations of its seeds, the same ones each time. SPOTTER_FUZZ_RUNS sets
// how many (default 400 a target), SPOTTER_FUZZ_SEED where the stream begins.
#include <algorithm>
#include <array>
#include <cstdlib>

#include <gtest/gtest.h>

#include "base/random.h"
#include "targets.h"

namespace spotter::fuzz {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

std::string interesting(Rng& rng) {
  static const std::array<std::string, 24> kPieces = {"NaN",
                                                      "-1",
                                                      "1e999",
                                                      "0",
                                                      "-Infinity",
                                                      "null",
                                                      "[",
                                                      "{",
                                                      "]",
                                                      "}",
                                                      "\"",
                                                      "\\u0000",
                                                      "\xff",
                                                      "../",
                                                      "/etc/",
                                                      "<!DOCTYPE x [",
                                                      "<!ENTITY",
                                                      "&lt;",
                                                      "]]>",
                                                      "<!--",
                                                      "99999999999999999999",
                                                      "\n",
                                                      "\0x",
                                                      "*&a"};
  return kPieces[rng.index(kPieces.size())];
}

// One to eight small damages: bytes flipped, pieces cut, doubled, moved or replaced by telling
// ones.
std::string mutate(std::string bytes, Rng& rng) {
  for (std::uint64_t left = 1 + rng.index(8); left > 0; --left) {
    const std::size_t at = rng.index(bytes.size() + 1);
    const std::size_t length = std::min<std::size_t>(1 + rng.index(24), bytes.size() - at);
    switch (rng.index(6)) {
      case 0:
        if (at < bytes.size()) {
          bytes[at] = static_cast<char>(rng.index(256));
        }
        break;
      case 1:
        bytes.erase(at, length);
        break;
      case 2:
        bytes.insert(at, bytes.substr(at, length));
        break;
      case 3:
        bytes.insert(at, interesting(rng));
        break;
      case 4:
        bytes.replace(at, length, interesting(rng));
        break;
      default:
        bytes.resize(rng.chance(0.1) ? at : bytes.size());
    }
  }
  return bytes;
}

TEST(Fuzz, NoBytesBreakAParser) {
  const auto runs = from_environment("SPOTTER_FUZZ_RUNS", 400);
  const auto seed = from_environment("SPOTTER_FUZZ_SEED", 1);
  for (const auto& target : all_targets()) {
    SCOPED_TRACE(std::string(target.name));
    for (const auto& bytes : target.seeds) {
      target.run(bytes);
    }
    for (std::uint64_t i = 0; i < runs; ++i) {
      Rng rng(Rng(seed, target.name).next(), i);
      target.run(mutate(target.seeds[rng.index(target.seeds.size())], rng));
    }
  }
}

}  // namespace
}  // namespace spotter::fuzz
