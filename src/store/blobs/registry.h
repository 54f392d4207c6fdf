// The kinds of blob store, for configuration and for the contract test that runs over all of them.
#pragma once
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "store/blobs/blobs.h"

namespace spotter::blobs {

struct BlobStore {
  std::string_view name;
  std::unique_ptr<Blobs> (*open)(const std::filesystem::path& folder);
};
[[nodiscard]] std::vector<BlobStore> all_blob_stores();

// Whether `text` is a hash as these stores write it: 64 lower-case hexadecimal digits.
[[nodiscard]] bool is_hash(std::string_view text);

}  // namespace spotter::blobs
