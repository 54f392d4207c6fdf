#include "base/files.h"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/error.h"

namespace spotter {
namespace {

namespace fs = std::filesystem;

std::string reason(int error) {
  return std::generic_category().message(error);
}

void sync_folder(const fs::path& folder) {
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() >= 0) {
    ::fsync(descriptor.get());
  }
}

// Writes all bytes and fsyncs if asked; returns the errno of the first failure or 0.
int write_all(int descriptor, std::string_view bytes, Sync sync) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written < 0) {
      return errno;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return sync == Sync::kNone || ::fsync(descriptor) == 0 ? 0 : errno;
}

}  // namespace

std::string read_file(const fs::path& path, std::uintmax_t bytes_max) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status)) {
    fail(ErrorCode::kNotFound, fmt::format("no such file: {}", path.string()));
  }
  if (!fs::is_regular_file(status)) {
    fail(ErrorCode::kInvalid, fmt::format("not a file: {}", path.string()));
  }
  // The size is that of the opened file: by its name it may be another one by now, put there by
  // rename.
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  const auto end = in.tellg();
  if (!in || end < 0) {
    fail(ErrorCode::kInvalid, fmt::format("cannot read the file: {}", path.string()));
  }
  const auto size = static_cast<std::uintmax_t>(end);
  if (size > bytes_max) {
    fail(ErrorCode::kInvalid,
         fmt::format("file is larger than {} bytes, which is the limit here: {}", bytes_max,
                     path.string()));
  }
  std::string bytes(size, '\0');
  in.seekg(0);
  in.read(bytes.data(), static_cast<std::streamsize>(size));
  if (!in && size > 0) {
    fail(ErrorCode::kInvalid, fmt::format("cannot read the file: {}", path.string()));
  }
  return bytes;
}

void write_file_atomic(const fs::path& path, std::string_view bytes, Sync sync) {
  static std::atomic<unsigned> counter{0};
  if (!path.parent_path().empty()) {
    make_folders(path.parent_path());
  }
  fs::path temporary = path;
  temporary += fmt::format(".{}-{}.tmp", ::getpid(), counter++);
  int error = 0;
  {
    const Descriptor descriptor(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    error = descriptor.get() < 0 ? errno : write_all(descriptor.get(), bytes, sync);
  }
  if (error == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) {
    error = errno;
  }
  if (error != 0) {
    ::unlink(temporary.c_str());
    fail(ErrorCode::kUnavailable,
         fmt::format("cannot write the file ({}); what was there is unchanged: {}", reason(error),
                     path.string()));
  }
  if (sync == Sync::kDisk) {
    sync_folder(path.has_parent_path() ? path.parent_path() : fs::path("."));
  }
}

void make_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) {
    const bool machine = error == std::errc::permission_denied ||
                         error == std::errc::read_only_file_system ||
                         error == std::errc::no_space_on_device;
    fail(machine ? ErrorCode::kUnavailable : ErrorCode::kInvalid,
         fmt::format("cannot create the folder ({}): {}", error.message(), path.string()));
  }
}

TemporaryFolder::TemporaryFolder(std::string_view prefix) {
  std::string pattern = (fs::temp_directory_path() / fmt::format("{}-XXXXXX", prefix)).string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    fail(ErrorCode::kUnavailable,
         fmt::format("cannot create a temporary folder ({}): {}", reason(errno), pattern));
  }
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::optional<int> FileLock::try_descriptor(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    fail(ErrorCode::kUnavailable,
         fmt::format("cannot open the lock file ({}): {}", reason(errno), path.string()));
  }
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor);
    return std::nullopt;
  }
  return descriptor;
}

FileLock::FileLock(const fs::path& path, std::string_view purpose, int timeout_ms) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  for (;;) {
    if (const auto descriptor = try_descriptor(path)) {
      descriptor_ = *descriptor;
      const std::string pid = fmt::format("{}\n", ::getpid());
      if (::ftruncate(descriptor_, 0) != 0 ||
          ::pwrite(descriptor_, pid.data(), pid.size(), 0) < 0) {
        errno = 0;  // The pid only helps people who look; the lock holds without it.
      }
      return;
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      std::string holder = read_file(path);
      while (!holder.empty() && holder.back() == '\n') {
        holder.pop_back();
      }
      fail(ErrorCode::kUnavailable,
           fmt::format("{} is in use by process {}; try again when it is done: {}", purpose, holder,
                       path.string()));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

std::optional<std::string> safe_relative_path(std::string_view name) {
  if (name.empty() || name.size() > 4096 || name.front() == '/' ||
      name.find('\0') != std::string_view::npos || name.find('\\') != std::string_view::npos) {
    return std::nullopt;
  }
  const fs::path normal = fs::path(name).lexically_normal();
  if (normal.is_absolute() || normal.empty() || normal == "." || *normal.begin() == "..") {
    return std::nullopt;
  }
  return normal.generic_string();
}

fs::path program_folder() {
  std::error_code error;
  const auto self = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::current_path() : self.parent_path();
}

}  // namespace spotter
