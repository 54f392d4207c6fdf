// How the samples of the queue look to a model, to spread a screen over looks. Only queue.cc
// includes this.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "project/project.h"

namespace spotter::triage {

// Embeddings of samples, centred and of length 1, as rows; those without an embedding are 0.
struct Looks {
  std::vector<float> rows;
  std::size_t dimensions = 0;
};

// Of `keys`, which may repeat, in their order. Empty without a model or embeddings.
[[nodiscard]] Looks looks_of(Project& project, const std::string& model,
                             const std::vector<std::string>& keys);

}  // namespace spotter::triage
