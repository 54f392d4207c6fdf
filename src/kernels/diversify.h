// A screen of the best that is not thirty times the same: greedy choice by relevance, discounted
// for what was chosen already. The multiplicative form of maximal marginal relevance (Carbonell and
// Goldstein 1998). Pure and deterministic.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace spotter::kernels {

struct DiversifyInput {
  // Of each item, >= 0. Of a probability give the odds: then what is nearly sure gives way first to
  // what is nearly sure too.
  std::span<const double> relevance;
  std::span<const std::uint32_t> scene;  // of each item, from 0
  std::span<const float> look;           // items × dimensions, rows of length 1 or 0; may be empty
  std::size_t dimensions = 0;
  std::span<const std::uint32_t> kind = {};  // of each item, from 0; may be empty
  std::span<const double> kind_share = {};   // of each kind, as scene_share
};

struct DiversifyOptions {
  double scene_share = 0.7;  // of an item's relevance is left for each chosen item of its scene
  double look_weight =
      0.2;  // of an item's relevance is lost when one that looks the same is chosen
};

// Positions of the first `count` items, best first: each has the largest
// relevance × scene_share^(chosen of its scene) × kind_share^(chosen of its kind) × (1 −
// look_weight × largest cosine with a chosen one, at least 0); ties go to the earlier position. The
// first n of a longer choice are the choice of n. Costs count × items × dimensions.
[[nodiscard]] std::vector<std::uint32_t> diversify(const DiversifyInput& input, std::size_t count,
                                                   const DiversifyOptions& options = {});

}  // namespace spotter::kernels
