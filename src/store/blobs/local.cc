// Blobs in a folder: ab/cd/<hash>, written by temporary file, fsync and rename.
#include <algorithm>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "store/blobs/blobs.h"

namespace spotter::blobs {
namespace {

constexpr std::size_t kHashCharacters = 64;

bool is_hash(std::string_view text) {
  return text.size() == kHashCharacters &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

class Local final : public Blobs {
 public:
  explicit Local(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::string put(std::string_view bytes) override { return store(bytes, Sync::kDisk); }

  std::string put_unsynced(std::string_view bytes) override { return store(bytes, Sync::kNone); }

  // One syncfs costs as much as a few fsyncs, however many files there are.
  void flush() override {
    const int descriptor = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
      return;  // nothing was put yet
    }
    const int failed = ::syncfs(descriptor);
    ::close(descriptor);
    if (failed != 0) {
      fail(ErrorCode::kUnavailable,
           fmt::format("the disk did not take what was written: {}", folder_.string()));
    }
  }

  std::string put_file(const std::filesystem::path& path) override {
    // Read whole: the hash and the bytes that are stored must be of the same moment.
    return put(read_file(path));
  }

  std::string get(std::string_view hash, bool check) override {
    auto bytes = read_file(local_path(hash));
    if (check && sha256_hex(bytes) != hash) {
      fail(ErrorCode::kCorrupt,
           fmt::format("the bytes of blob {} were changed: {}", hash, place(hash).string()));
    }
    return bytes;
  }

  bool has(std::string_view hash) override {
    return is_hash(hash) && std::filesystem::exists(place(hash));
  }

  std::filesystem::path local_path(std::string_view hash) override {
    if (!has(hash)) {
      fail(ErrorCode::kNotFound,
           fmt::format("blob \"{}\" is not stored: {}", hash, folder_.string()));
    }
    return place(hash);
  }

  void remove(std::string_view hash) override {
    if (is_hash(hash)) {
      std::filesystem::remove(place(hash));
    }
  }

  void list(const std::function<void(std::string_view, std::uintmax_t)>& take) override {
    if (!std::filesystem::exists(folder_)) {
      return;
    }
    std::vector<std::pair<std::string, std::uintmax_t>> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      const auto name = entry.path().filename().string();
      if (entry.is_regular_file() && is_hash(name)) {
        found.emplace_back(name, entry.file_size());
      }
    }
    std::sort(found.begin(), found.end());
    for (const auto& [hash, bytes] : found) {
      take(hash, bytes);
    }
  }

 private:
  std::string store(std::string_view bytes, Sync sync) {
    auto hash = sha256_hex(bytes);
    const auto path = place(hash);
    // A power cut can leave a file of another size where it was not synced: it is written again.
    std::error_code absent;
    if (std::filesystem::file_size(path, absent) != bytes.size() || absent) {
      write_file_atomic(path, bytes, sync);
    }
    return hash;
  }
  [[nodiscard]] std::filesystem::path place(std::string_view hash) const {
    return folder_ / hash.substr(0, 2) / hash.substr(2, 2) / hash;
  }
  std::filesystem::path folder_;
};

}  // namespace

std::unique_ptr<Blobs> open_local(const std::filesystem::path& folder) {
  return std::make_unique<Local>(folder);
}

}  // namespace spotter::blobs
