// Finds the pictures that annotation files name. Names are lookup keys below one folder: absolute
// or climbing names and links that lead outside are refused, whatever they point at.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "media/image.h"

namespace spotter::formats {

class ImageFolder {
 public:
  // An empty root holds nothing. Throws kNotFound if the folder is absent.
  explicit ImageFolder(std::filesystem::path root);

  struct Answer {
    std::filesystem::path file;  // empty = not found
    std::string name;            // below the root, with '/'
    std::string reason;          // why not
  };
  // By, in this order: the path; the path without leading folders; the file name anywhere below, if
  // only one has it; the name without extension, likewise. The last two ignore case.
  [[nodiscard]] Answer find(std::string_view name);

  // Names of all picture files below the root, sorted.
  [[nodiscard]] const std::vector<std::string>& pictures();
  [[nodiscard]] const std::filesystem::path& root() const { return root_; }

 private:
  void index();
  [[nodiscard]] Answer accept(const std::string& name) const;
  [[nodiscard]] std::optional<Answer> unique(
      const std::unordered_map<std::string, std::vector<std::size_t>>& by, const std::string& word,
      std::string_view name) const;

  std::filesystem::path root_;
  std::filesystem::path canonical_root_;
  bool indexed_ = false;
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_file_name_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_stem_;
};

// The name without a picture's extension; other dots stay ("a.v2.jpg" gives "a.v2", "a.v2" itself).
[[nodiscard]] std::string_view without_picture_extension(std::string_view name);

// Size and type of a picture file (reads it whole). Throws as media::probe does, kNotFound if the
// file is absent.
[[nodiscard]] media::ImageInfo probe_file(const std::filesystem::path& file);

}  // namespace spotter::formats
