#include "loop/version/split.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/random.h"

namespace spotter::version {
namespace {

// New scenes in the order in which they are dealt: by hash, so that names and arrival do not
// matter.
std::vector<std::string> shuffled(std::vector<std::string> scenes, std::uint64_t seed) {
  std::map<std::string, std::uint64_t> place;
  for (const auto& scene : scenes) {
    place[scene] = Rng(seed, scene).next();
  }
  std::sort(scenes.begin(), scenes.end(), [&](const auto& a, const auto& b) {
    return std::pair(place[a], a) < std::pair(place[b], b);
  });
  return scenes;
}

std::size_t share_of(double share, std::size_t count) {
  return static_cast<std::size_t>(std::llround(share * static_cast<double>(count)));
}

}  // namespace

std::string wanted_split(const Sample& sample) {
  if (sample.attributes.empty()) {
    return "";
  }
  const Json attributes = parse_json(sample.attributes, sample.key);
  const auto found = attributes.find("split");
  if (found == attributes.end()) {
    return "";
  }
  const std::string split = found->is_string() ? found->get<std::string>() : found->dump();
  if (split != "train" && split != "val" && split != "test") {
    fail(ErrorCode::kInvalid,
         fmt::format("sample \"{}\" has the attribute split = \"{}\"; use train, val or test",
                     sample.key, split));
  }
  return split;
}

std::vector<std::string> deal_splits(const std::vector<VersionEntry>& entries,
                                     const std::map<std::string, std::string>& known,
                                     const SplitOptions& options) {
  std::map<std::string, std::string> split_of = known;
  for (const auto& entry : entries) {
    if (!entry.wanted.empty()) {
      split_of[entry.scene] = entry.wanted;
    }
  }
  std::vector<std::string> fresh;
  std::map<std::string, std::size_t> scenes_in;
  std::map<std::string, bool> seen;
  for (const auto& entry : entries) {
    if (!seen.emplace(entry.scene, true).second) {
      continue;
    }
    const auto found = split_of.find(entry.scene);
    if (found == split_of.end()) {
      fresh.push_back(entry.scene);
    } else {
      ++scenes_in[found->second];
    }
  }
  fresh = shuffled(std::move(fresh), options.seed);
  std::size_t tests = share_of(options.test_share, fresh.size());
  if (tests == 0 && scenes_in["test"] == 0 && fresh.size() > 1) {
    tests = 1;
  }
  if (tests == fresh.size() && tests > 0 && scenes_in["train"] == 0) {
    --tests;
  }
  const std::size_t vals =
      std::min(share_of(options.val_share, fresh.size()), fresh.size() - tests);
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    split_of[fresh[i]] = i < tests ? "test" : i < tests + vals ? "val" : "train";
  }
  std::vector<std::string> splits;
  splits.reserve(entries.size());
  for (const auto& entry : entries) {
    splits.push_back(split_of.at(entry.scene));
  }
  return splits;
}

}  // namespace spotter::version
