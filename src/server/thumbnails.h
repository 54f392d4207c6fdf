// Small pictures by content hash, made on demand and kept in memory up to a limit; browsers keep
// them too, because they never change.
#pragma once
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "store/blobs/blobs.h"

namespace spotter::server {

class Thumbnails {
 public:
  explicit Thumbnails(std::size_t bytes_max = std::size_t{48} << 20) : bytes_max_(bytes_max) {}

  // JPEG bytes, upright, longest side at most `side_px`. Throws kNotFound for an unknown hash,
  // kInvalid for bytes that are no picture. Thread safe.
  [[nodiscard]] std::shared_ptr<const std::string> get(blobs::Blobs& blobs, const std::string& hash,
                                                       int side_px);

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const std::string> bytes;
  };
  std::size_t bytes_max_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // the last used first
  std::map<std::string, std::list<Entry>::iterator> by_key_;
  std::size_t bytes_ = 0;
};

}  // namespace spotter::server
