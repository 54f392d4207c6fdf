#include <array>

#include "server/route.h"

// To add a noun to the interface, write server/routes/<noun>.cc that defines `const Noun
// noun_<noun>` and add a line here; then `npm run api` in web/ brings the types up to date.
#define SPOTTER_NOUNS(X) \
  X(project) \
  X(cycles) \
  X(jobs) \
  X(models) \
  X(gates) \
  X(samples) \
  X(flags) \
  X(triage) \
  X(queue) \
  X(labelling) \
  X(versions) \
  X(ledger)

namespace spotter::server {

#define X(name) extern const Noun noun_##name;
SPOTTER_NOUNS(X)
#undef X

std::span<const Noun* const> all_nouns() {
#define X(name) &noun_##name,
  static const std::array nouns = {SPOTTER_NOUNS(X)};
#undef X
  return nouns;
}

}  // namespace spotter::server
