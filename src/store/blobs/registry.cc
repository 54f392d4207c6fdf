#include "store/blobs/registry.h"

#include <type_traits>

// To add a blob store, write blobs/<name>.cc that defines open_<name>(folder) and add a line here.
#define SPOTTER_BLOB_STORES(X) \
  X(local) \
  X(memory)

namespace spotter::blobs {
namespace {

// Memory needs no folder; the others take it.
template <typename Open>
std::unique_ptr<Blobs> open_with(Open open, [[maybe_unused]] const std::filesystem::path& folder) {
  if constexpr (std::is_invocable_v<Open, const std::filesystem::path&>) {
    return open(folder);
  } else {
    return open();
  }
}

}  // namespace

std::vector<BlobStore> all_blob_stores() {
#define X(name) \
  BlobStore{#name, \
            [](const std::filesystem::path& folder) { return open_with(open_##name, folder); }},
  return {SPOTTER_BLOB_STORES(X)};
#undef X
}

bool is_hash(std::string_view text) {
  constexpr std::size_t kHashCharacters = 64;
  return text.size() == kHashCharacters &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace spotter::blobs
