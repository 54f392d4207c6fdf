// The split of a dataset version: which scenes train, which validate, which test. Pure: no stores.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "domain/sample.h"

namespace spotter::version {

struct VersionEntry {
  std::string sample;
  std::string scene;
  std::string wanted;  // "train", "val", "test" by the sample's own attribute, or empty
};

struct SplitOptions {
  double test_share = 0.2;  // of the new scenes
  double val_share = 0.1;
  std::uint64_t seed = 0;
};

// The sample attribute "split", or empty; throws kInvalid when it is no split's name.
[[nodiscard]] std::string wanted_split(const Sample& sample);

// The split of each entry, in order. All samples of a scene get one split: the wanted one, else the
// one that `known` has for the scene, else one dealt by the hash of the scene's name, so that of
// the new scenes the given shares (rounded) test and validate. With two or more scenes at least one
// trains and one tests.
[[nodiscard]] std::vector<std::string> deal_splits(const std::vector<VersionEntry>& entries,
                                                   const std::map<std::string, std::string>& known,
                                                   const SplitOptions& options);

}  // namespace spotter::version
