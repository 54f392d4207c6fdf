#include "server/thumbnails.h"

#include <fmt/format.h>

#include "media/image.h"

namespace spotter::server {
namespace {

constexpr int kQuality = 82;

}  // namespace

std::shared_ptr<const std::string> Thumbnails::get(blobs::Blobs& blobs, const std::string& hash,
                                                   int side_px) {
  const std::string key = fmt::format("{}/{}", side_px, hash);
  {
    const std::scoped_lock guard(mutex_);
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return found->second->bytes;
    }
  }
  const auto image = media::thumbnail(blobs.get(hash), side_px, hash);
  auto bytes = std::make_shared<const std::string>(media::encode_jpeg(image, kQuality));
  const std::scoped_lock guard(mutex_);
  if (by_key_.contains(key)) {
    return bytes;
  }
  entries_.push_front({key, bytes});
  by_key_[key] = entries_.begin();
  bytes_ += bytes->size();
  while (bytes_ > bytes_max_ && entries_.size() > 1) {
    bytes_ -= entries_.back().bytes->size();
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
  }
  return bytes;
}

}  // namespace spotter::server
