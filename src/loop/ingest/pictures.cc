#include "loop/ingest/pictures.h"

#include <filesystem>
#include <mutex>
#include <system_error>
#include <utility>

#include "base/attempt.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "media/image.h"
#include "project/thumbnails.h"

namespace spotter::ingest {
namespace {

constexpr std::uintmax_t kPictureBytesMax = std::uintmax_t{512} << 20;

// What this batch put: taken back when the batch fails, so that a full disk has its space again.
class Stored {
 public:
  explicit Stored(blobs::Blobs& blobs) : blobs_(blobs) {}
  ~Stored() {
    for (const auto& [path, when] : files_) {
      // Another import that puts the same bytes meanwhile renews their time: then they are its own.
      std::error_code ignored;
      if (std::filesystem::last_write_time(path, ignored) == when) {
        std::filesystem::remove(path, ignored);
      }
    }
  }
  Stored(const Stored&) = delete;
  Stored& operator=(const Stored&) = delete;

  void put(std::string_view bytes, const std::string& hash) {
    const bool was_there = blobs_.has(hash);
    (void)blobs_.put_unsynced(bytes);
    if (!was_there) {
      auto path = blobs_.local_path(hash);
      const auto when = std::filesystem::last_write_time(path);
      const std::scoped_lock lock(mutex_);
      files_.emplace_back(std::move(path), when);
    }
  }

  void keep() {
    blobs_.flush();
    files_.clear();
  }

 private:
  blobs::Blobs& blobs_;
  std::mutex mutex_;
  std::vector<std::pair<std::filesystem::path, std::filesystem::file_time_type>> files_;
};

Picture load(Project& project, const std::string& bytes, const std::string& origin,
             const KnownSamples& known, Keep keep, Stored& stored) {
  const auto info = media::probe(bytes, origin);
  Picture picture{.media = sha256_hex(bytes),
                  .media_type = info.media_type,
                  .width = info.width,
                  .height = info.height,
                  .orientation = info.orientation};
  picture.captured_at = info.captured_at.empty() ? 0 : parse_time(info.captured_at);
  if (!known.has_media(picture.media)) {
    const auto thumbnail = make_thumbnail(bytes, origin);  // decodes: truncated data throws
    if (keep == Keep::kBlobs) {
      stored.put(bytes, picture.media);
      store_thumbnail(project, picture.media, thumbnail);
    }
  }
  return picture;
}

// A sample that is no file of its own: a picture of a larger file, or what is kept as it is.
Picture load_bytes(Project& project, const formats::Record& record, const KnownSamples& known,
                   Keep keep, Stored& stored) {
  if (record.sample.media_type.starts_with("image/")) {
    return load(project, record.media, record.file + ", " + record.where, known, keep, stored);
  }
  Picture picture{.media = sha256_hex(record.media), .media_type = record.sample.media_type};
  if (keep == Keep::kBlobs && !known.has_media(picture.media)) {
    stored.put(record.media, picture.media);
  }
  return picture;
}

}  // namespace

std::vector<Picture> load_pictures(Project& project, std::span<const formats::Record> records,
                                   const KnownSamples& known, Keep keep) {
  std::vector<Picture> pictures(records.size());
  Stored stored(*project.blobs);
  parallel_for(records.size(), 4, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      if (!records[i].media.empty()) {
        auto problem =
            problem_of([&] { pictures[i] = load_bytes(project, records[i], known, keep, stored); });
        pictures[i].problem = std::move(problem);
      } else if (!records[i].image.empty()) {
        auto problem = problem_of([&] {
          const auto& file = records[i].image;
          pictures[i] =
              load(project, read_file(file, kPictureBytesMax), file.string(), known, keep, stored);
        });
        pictures[i].problem = std::move(problem);
      }
    }
  });
  if (keep == Keep::kBlobs) {
    stored.keep();
  }
  return pictures;
}

}  // namespace spotter::ingest
