#include "project/thumbnails.h"

#include <filesystem>

#include "base/files.h"
#include "media/image.h"

namespace spotter {
namespace {

constexpr int kQuality = 82;

std::filesystem::path place(const Project& project, std::string_view media) {
  return project.state_folder() / "thumbnails" / media.substr(0, 2) / (std::string(media) + ".jpg");
}

}  // namespace

std::string make_thumbnail(std::string_view picture, std::string_view origin) {
  return media::encode_jpeg(media::thumbnail(picture, kThumbnailSidePx, origin), kQuality);
}

void store_thumbnail(const Project& project, std::string_view media, std::string_view jpeg) {
  write_file_atomic(place(project, media), jpeg, Sync::kNone);
}

std::string thumbnail(Project& project, std::string_view media) {
  const auto blob = project.blobs->local_path(media);  // first: it refuses what is no hash
  const auto file = place(project, media);
  if (std::filesystem::exists(file)) {
    // Not synced when it was written, so a power cut can have left half of it.
    auto jpeg = read_file(file);
    if (jpeg.starts_with("\xFF\xD8") && jpeg.ends_with("\xFF\xD9")) {
      return jpeg;
    }
  }
  auto jpeg = make_thumbnail(read_file(blob), media);
  store_thumbnail(project, media, jpeg);
  return jpeg;
}

}  // namespace spotter
