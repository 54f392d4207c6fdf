// Bytes by content hash: images, model files, reports, embedding segments. Names from outside are
// never paths here; the SHA-256 of the bytes is the only name.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace spotter::blobs {

class Blobs {
 public:
  virtual ~Blobs() = default;
  // Stores the bytes (fsync, rename) and returns their hash; storing again changes nothing. Thread
  // safe.
  virtual std::string put(std::string_view bytes) = 0;
  // The same without waiting for the disk: a power cut before flush() may lose it. For many at
  // once.
  virtual std::string put_unsynced(std::string_view bytes) { return put(bytes); }
  // Waits until everything that was put is on the disk.
  virtual void flush() {}
  // Streams a file in.
  virtual std::string put_file(const std::filesystem::path& path) = 0;
  // Throws kNotFound; with `check`, kCorrupt when the bytes do not match the hash.
  [[nodiscard]] virtual std::string get(std::string_view hash, bool check = false) = 0;
  [[nodiscard]] virtual bool has(std::string_view hash) = 0;
  // A readable local path of the blob (a remote store downloads into its cache). Read only.
  [[nodiscard]] virtual std::filesystem::path local_path(std::string_view hash) = 0;
  virtual void remove(std::string_view hash) = 0;
  // Calls `take(hash, bytes)` for each stored blob, in hash order.
  virtual void list(const std::function<void(std::string_view, std::uintmax_t)>& take) = 0;
};

[[nodiscard]] std::unique_ptr<Blobs> open_local(const std::filesystem::path& folder);
[[nodiscard]] std::unique_ptr<Blobs> open_memory();

}  // namespace spotter::blobs
