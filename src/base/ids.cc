#include "base/ids.h"

#include "base/random.h"

namespace spotter {

std::string new_id(std::string_view noun, Rng& rng) {
  constexpr std::string_view kAlphabet = "23456789abcdefghjkmnpqrstuvwxyz";
  std::string id(noun);
  id += '_';
  for (int i = 0; i < 8; ++i) {
    id += kAlphabet[rng.index(kAlphabet.size())];
  }
  return id;
}

}  // namespace spotter
