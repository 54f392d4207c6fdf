// Sets that grow together: which items belong to one group, as pairs of them are found.
#pragma once
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace spotter::kernels {

// Items 0..count-1, each alone at first. The lowest item of a group stands for it, so that the
// result does not depend on the order of the pairs. Nearly constant time a call.
class UnionFind {
 public:
  explicit UnionFind(std::size_t count) : parents_(count) {
    std::iota(parents_.begin(), parents_.end(), 0U);
  }
  [[nodiscard]] std::uint32_t find(std::uint32_t item) {
    while (parents_[item] != item) {
      parents_[item] = parents_[parents_[item]];
      item = parents_[item];
    }
    return item;
  }
  void join(std::uint32_t a, std::uint32_t b) {
    a = find(a);
    b = find(b);
    if (a > b) {
      std::swap(a, b);
    }
    parents_[b] = a;
  }

 private:
  std::vector<std::uint32_t> parents_;
};

}  // namespace spotter::kernels
