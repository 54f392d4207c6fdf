// Blobs in memory, for tests; local paths are files of a temporary folder.
#include <map>
#include <mutex>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "store/blobs/blobs.h"

namespace spotter::blobs {
namespace {

class Memory final : public Blobs {
 public:
  std::string put(std::string_view bytes) override {
    auto hash = sha256_hex(bytes);
    const std::scoped_lock lock(mutex_);
    stored_.emplace(hash, bytes);
    return hash;
  }

  std::string put_file(const std::filesystem::path& path) override { return put(read_file(path)); }

  std::string get(std::string_view hash, bool check) override {
    const std::scoped_lock lock(mutex_);
    const auto found = stored_.find(std::string(hash));
    if (found == stored_.end()) {
      fail(ErrorCode::kNotFound, fmt::format("blob \"{}\" is not stored", hash));
    }
    if (check && sha256_hex(found->second) != hash) {
      fail(ErrorCode::kCorrupt, fmt::format("the bytes of blob {} were changed", hash));
    }
    return found->second;
  }

  bool has(std::string_view hash) override {
    const std::scoped_lock lock(mutex_);
    return stored_.contains(std::string(hash));
  }

  std::filesystem::path local_path(std::string_view hash) override {
    if (!has(hash)) {
      fail(ErrorCode::kNotFound, fmt::format("blob \"{}\" is not stored", hash));
    }
    auto path = folder_.path() / hash;
    if (!std::filesystem::exists(path)) {
      write_file_atomic(path, get(hash, false));
    }
    return path;
  }

  void remove(std::string_view hash) override {
    const std::scoped_lock lock(mutex_);
    stored_.erase(std::string(hash));
  }

  void list(const std::function<void(std::string_view, std::uintmax_t)>& take) override {
    const std::scoped_lock lock(mutex_);
    for (const auto& [hash, bytes] : stored_) {
      take(hash, bytes.size());
    }
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> stored_;
  TemporaryFolder folder_;
};

}  // namespace

std::unique_ptr<Blobs> open_memory() {
  return std::make_unique<Memory>();
}

}  // namespace spotter::blobs
