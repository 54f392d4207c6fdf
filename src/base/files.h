// Files and folders: whole-file reads, atomic writes, locks and temporary folders. All failures
// throw Error with the path last in the message; a full disk leaves what was there before.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace spotter {

// The whole file as bytes. Throws kNotFound if it is absent, kInvalid if it is a folder, larger
// than `bytes_max` or unreadable.
[[nodiscard]] std::string read_file(const std::filesystem::path& path,
                                    std::uintmax_t bytes_max = std::uintmax_t{4} << 30);

// Whether a file must outlive a power cut (some milliseconds each) or only a killed process.
enum class Sync { kDisk, kNone };

// Writes a temporary file beside `path`, fsyncs, renames it over `path` and fsyncs the folder
// (Sync::kNone: without the fsyncs, for many files that can be made again).
// Creates parent folders. Throws kUnavailable when the disk is full or read-only; the temporary
// file is removed and the old content stays.
void write_file_atomic(const std::filesystem::path& path, std::string_view bytes,
                       Sync sync = Sync::kDisk);

// Creates the folder and its parents; throws kInvalid, or kUnavailable where it is not allowed.
void make_folders(const std::filesystem::path& path);

// A folder that is removed, with its content, when the object goes.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(std::string_view prefix = "spotter");
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// An exclusive advisory lock on a file (flock), released when the object goes or the process dies.
class FileLock {
 public:
  // Waits up to `timeout_ms`; throws kUnavailable naming `purpose` and the holder's pid on
  // time-out.
  FileLock(const std::filesystem::path& path, std::string_view purpose, int timeout_ms);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  // A lock if it is free now.
  [[nodiscard]] static std::optional<int> try_descriptor(const std::filesystem::path& path);

 private:
  int descriptor_ = -1;
};

// A name from outside (a COCO file_name, a VOC filename) as a safe relative path, or nothing when
// it is absolute, climbs with "..", holds NUL or a backslash, or is empty. Names are lookup keys
// only.
[[nodiscard]] std::optional<std::string> safe_relative_path(std::string_view name);

// The folder that holds the running program, and a file beside it.
[[nodiscard]] std::filesystem::path program_folder();

}  // namespace spotter
