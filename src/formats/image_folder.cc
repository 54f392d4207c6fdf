#include "formats/image_folder.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;

bool is_picture_name(std::string_view name) {
  return without_picture_extension(name) != name;
}

std::string_view last_part(std::string_view name) {
  const auto slash = name.rfind('/');
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

}  // namespace

std::string_view without_picture_extension(std::string_view name) {
  static constexpr std::array<std::string_view, 8> kExtensions = {"jpg", "jpeg", "png", "webp",
                                                                  "bmp", "gif",  "tif", "tiff"};
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || name[dot - 1] == '/') {
    return name;
  }
  const auto extension = to_lower(name.substr(dot + 1));
  return std::find(kExtensions.begin(), kExtensions.end(), extension) == kExtensions.end()
             ? name
             : name.substr(0, dot);
}

ImageFolder::ImageFolder(fs::path root) : root_(std::move(root)) {
  if (root_.empty()) {
    return;
  }
  std::error_code error;
  canonical_root_ = fs::canonical(root_, error);
  if (error || !fs::is_directory(canonical_root_, error)) {
    fail(ErrorCode::kNotFound, fmt::format("no such image folder: {}", root_.string()));
  }
}

ImageFolder::Answer ImageFolder::accept(const std::string& name) const {
  const fs::path file = root_ / name;
  std::error_code error;
  const fs::path real = fs::canonical(file, error);
  if (error || !fs::is_regular_file(real, error)) {
    return {};
  }
  const auto [end, unused] =
      std::mismatch(canonical_root_.begin(), canonical_root_.end(), real.begin(), real.end());
  if (end != canonical_root_.end()) {
    return {.reason = fmt::format("the picture \"{}\" is a link that leads out of the image folder",
                                  name)};
  }
  return {.file = file, .name = name};
}

std::optional<ImageFolder::Answer> ImageFolder::unique(
    const std::unordered_map<std::string, std::vector<std::size_t>>& by, const std::string& word,
    std::string_view name) const {
  const auto found = by.find(word);
  if (found == by.end()) {
    return std::nullopt;
  }
  if (found->second.size() > 1) {
    return Answer{.reason =
                      fmt::format("the picture \"{}\" could be \"{}\" or \"{}\": name its folder",
                                  name, names_[found->second[0]], names_[found->second[1]])};
  }
  return accept(names_[found->second.front()]);
}

ImageFolder::Answer ImageFolder::find(std::string_view name) {
  const auto safe = safe_relative_path(name);
  if (!safe) {
    return {.reason =
                fmt::format("the picture name \"{}\" is empty, absolute or climbs with \"..\"; "
                            "names are looked up below the image folder only",
                            name)};
  }
  if (root_.empty()) {
    return {};
  }
  for (std::string rest = *safe;;) {
    Answer answer = accept(rest);
    if (!answer.file.empty() || !answer.reason.empty()) {
      return answer;
    }
    const auto slash = rest.find('/');
    if (slash == std::string::npos) {
      break;
    }
    rest.erase(0, slash + 1);
  }
  index();
  const std::string word = to_lower(last_part(*safe));
  if (auto answer = unique(by_file_name_, word, name)) {
    return *answer;
  }
  if (auto answer = unique(by_stem_, std::string(without_picture_extension(word)), name)) {
    return *answer;
  }
  return {.reason = fmt::format("no picture \"{}\" below {}", name, root_.string())};
}

const std::vector<std::string>& ImageFolder::pictures() {
  index();
  return names_;
}

void ImageFolder::index() {
  if (indexed_ || root_.empty()) {
    return;
  }
  indexed_ = true;
  std::error_code error;
  fs::recursive_directory_iterator entry(root_, fs::directory_options::skip_permission_denied,
                                         error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code unreadable;
    const std::string name = entry->path().lexically_relative(root_).generic_string();
    if (is_picture_name(name) && entry->is_regular_file(unreadable)) {
      names_.push_back(name);
    }
  }
  std::sort(names_.begin(), names_.end());
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const std::string word = to_lower(last_part(names_[i]));
    by_file_name_[word].push_back(i);
    by_stem_[std::string(without_picture_extension(word))].push_back(i);
  }
}

media::ImageInfo probe_file(const fs::path& file) {
  return media::probe(read_file(file), file.string());
}

}  // namespace spotter::formats
