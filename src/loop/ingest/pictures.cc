#include "loop/ingest/pictures.h"

#include "base/attempt.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "media/image.h"
#include "project/thumbnails.h"

namespace spotter::ingest {
namespace {

constexpr std::uintmax_t kPictureBytesMax = std::uintmax_t{512} << 20;

Picture load(Project& project, const std::filesystem::path& file, const KnownSamples& known,
             Keep keep) {
  const std::string bytes = read_file(file, kPictureBytesMax);
  const auto info = media::probe(bytes, file.string());
  Picture picture{.media = sha256_hex(bytes),
                  .media_type = info.media_type,
                  .width = info.width,
                  .height = info.height,
                  .orientation = info.orientation};
  picture.captured_at = info.captured_at.empty() ? 0 : parse_time(info.captured_at);
  if (!known.has_media(picture.media)) {
    const auto thumbnail = make_thumbnail(bytes, file.string());  // decodes: truncated data throws
    if (keep == Keep::kBlobs) {
      (void)project.blobs->put_unsynced(bytes);
      store_thumbnail(project, picture.media, thumbnail);
    }
  }
  return picture;
}

}  // namespace

std::vector<Picture> load_pictures(Project& project, std::span<const formats::Record> records,
                                   const KnownSamples& known, Keep keep) {
  std::vector<Picture> pictures(records.size());
  parallel_for(records.size(), 4, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      if (!records[i].image.empty()) {
        auto problem =
            problem_of([&] { pictures[i] = load(project, records[i].image, known, keep); });
        pictures[i].problem = std::move(problem);
      }
    }
  });
  if (keep == Keep::kBlobs) {
    project.blobs->flush();
  }
  return pictures;
}

}  // namespace spotter::ingest
