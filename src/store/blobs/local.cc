// Blobs in a folder: ab/cd/<hash>, written by temporary file, fsync and rename.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/sha256.h"
#include "store/blobs/registry.h"

namespace spotter::blobs {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

// A file that goes away again unless it was renamed to its place.
class Incoming {
 public:
  explicit Incoming(const fs::path& folder) {
    static std::atomic<unsigned> counter{0};
    make_folders(folder);
    path_ = folder / fmt::format("incoming.{}-{}.tmp", ::getpid(), counter++);
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    check(descriptor_ >= 0);
  }
  ~Incoming() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
    if (!path_.empty()) {
      ::unlink(path_.c_str());
    }
  }
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;

  void add(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      check(written >= 0 || errno == EINTR);
      bytes.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
  }
  void move_to(const fs::path& place, Sync sync) {
    check(sync == Sync::kNone || ::fsync(descriptor_) == 0);
    make_folders(place.parent_path());
    check(::rename(path_.c_str(), place.c_str()) == 0);
    path_.clear();
    if (sync == Sync::kNone) {
      return;
    }
    const int folder = ::open(place.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
      ::fsync(folder);
      ::close(folder);
    }
  }

 private:
  void check(bool good) const {
    if (!good) {
      const int error = errno;
      fail(ErrorCode::kUnavailable,
           fmt::format(
               "bytes cannot be stored ({}); make room or mend the folder, then try again: {}",
               std::generic_category().message(error), path_.string()));
    }
  }
  fs::path path_;
  int descriptor_ = -1;
};

class Local final : public Blobs {
 public:
  explicit Local(fs::path folder) : folder_(std::move(folder)) {}

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

  std::string put_file(const fs::path& path) override {
    std::ifstream in(path, std::ios::binary);
    if (!in || !fs::is_regular_file(path)) {
      fail(ErrorCode::kNotFound, fmt::format("no such file: {}", path.string()));
    }
    // Hashed while it is copied: the name and the bytes must be of the same moment.
    Incoming incoming(folder_);
    Sha256 sha;
    std::uintmax_t size = 0;
    std::vector<char> piece(kPieceBytes);
    while (in) {
      in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
      const std::string_view bytes(piece.data(), static_cast<std::size_t>(in.gcount()));
      sha.add(bytes);
      incoming.add(bytes);
      size += bytes.size();
    }
    if (in.bad()) {
      fail(ErrorCode::kInvalid, fmt::format("cannot read the file: {}", path.string()));
    }
    auto hash = sha.hex();
    if (!renewed(place(hash), size)) {
      incoming.move_to(place(hash), Sync::kDisk);
    }
    return hash;
  }

  std::string get(std::string_view hash, bool check) override {
    auto bytes = read_file(local_path(hash));
    if (check && sha256_hex(bytes) != hash) {
      fail(ErrorCode::kCorrupt,
           fmt::format("the bytes of blob {} were changed: {}", hash, place(hash).string()));
    }
    return bytes;
  }

  bool has(std::string_view hash) override { return is_hash(hash) && fs::exists(place(hash)); }

  fs::path local_path(std::string_view hash) override {
    if (!has(hash)) {
      fail(ErrorCode::kNotFound,
           fmt::format("blob \"{}\" is not stored: {}", hash, folder_.string()));
    }
    return place(hash);
  }

  void remove(std::string_view hash) override {
    if (is_hash(hash)) {
      std::error_code error;
      fs::remove(place(hash), error);
      if (error) {
        fail(ErrorCode::kUnavailable, fmt::format("a blob cannot be removed ({}): {}",
                                                  error.message(), place(hash).string()));
      }
    }
  }

  void list(const std::function<void(std::string_view, std::uintmax_t)>& take) override {
    if (!fs::exists(folder_)) {
      return;
    }
    std::vector<std::pair<std::string, std::uintmax_t>> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
      if (const auto name = entry.path().filename().string();
          entry.is_regular_file() && is_hash(name)) {
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
    if (!renewed(path, bytes.size())) {
      Incoming incoming(folder_);
      incoming.add(bytes);
      incoming.move_to(path, sync);
    }
    return hash;
  }

  [[nodiscard]] fs::path place(std::string_view hash) const {
    return folder_ / hash.substr(0, 2) / hash.substr(2, 2) / hash;
  }

  // Whether the bytes are there already. Their time is set to now, so that garbage collection knows
  // that somebody is about to refer to them.
  static bool renewed(const fs::path& path, std::uintmax_t bytes) {
    std::error_code absent;
    if (fs::file_size(path, absent) != bytes || absent) {
      return false;
    }
    ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);
    return true;
  }

  fs::path folder_;
};

}  // namespace

std::unique_ptr<Blobs> open_local(const fs::path& folder) {
  return std::make_unique<Local>(folder);
}

}  // namespace spotter::blobs
