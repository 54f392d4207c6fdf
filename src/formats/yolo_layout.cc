#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "formats/image_folder.h"
#include "formats/yolo.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;
constexpr std::uintmax_t kTextBytesMax = 64 << 20;

std::vector<std::string> lines_of(const fs::path& file) {
  std::vector<std::string> lines;
  for (const auto& line : split(read_file(file, kTextBytesMax), '\n')) {
    if (const auto text = trim(line); !text.empty()) {
      lines.emplace_back(text);
    }
  }
  return lines;
}

// A path written in a file, as a path below `root`: leading folders are stripped until it exists
// there.
std::optional<std::string> below_root(const fs::path& root, std::string_view written) {
  std::string rest;
  for (const auto& part : fs::path(written).lexically_normal()) {
    if (part != ".." && part != "/" && part != ".") {
      rest += (rest.empty() || rest.ends_with('/') ? "" : "/") + part.string();
    }
  }
  while (!rest.empty()) {
    if (fs::exists(root / rest)) {
      return rest.ends_with('/') ? rest.substr(0, rest.size() - 1) : rest;
    }
    const auto slash = rest.find('/');
    rest = slash == std::string::npos ? "" : rest.substr(slash + 1);
  }
  return std::nullopt;
}

void add_subset(YoloLayout& layout, std::string_view split, const std::string& written) {
  const auto found = below_root(layout.root, written);
  if (!found) {
    layout.notes.push_back(fmt::format("\"{}: {}\" is not here and is left out", split, written));
    return;
  }
  YoloSubset subset{.split = std::string(split)};
  if (fs::is_directory(layout.root / *found)) {
    subset.folder = *found;
  } else {
    subset.list = layout.root / *found;
    subset.lines = lines_of(subset.list);
  }
  layout.subsets.push_back(std::move(subset));
}

void set_name(YoloLayout& layout, std::size_t index, std::string name, const fs::path& file) {
  if (index >= 100'000) {
    fail(ErrorCode::kInvalid,
         fmt::format("the class number {} is too large: {}", index, file.string()));
  }
  layout.names.resize(std::max(layout.names.size(), index + 1));
  layout.names[index] = std::move(name);
}

void read_yaml(YoloLayout& layout, const fs::path& file) {
  const std::string text = read_file(file, 1 << 20);
  try {
    const YAML::Node root = YAML::Load(text);
    const YAML::Node names = root["names"];
    if (names.IsSequence()) {
      for (std::size_t i = 0; i < names.size(); ++i) {
        set_name(layout, i, names[i].as<std::string>(), file);
      }
    } else if (names.IsMap()) {
      for (const auto& item : names) {
        set_name(layout, item.first.as<std::size_t>(), item.second.as<std::string>(), file);
      }
    }
    layout.keypoints = root["kpt_shape"].IsDefined();
    for (const char* split : {"train", "val", "test"}) {
      const YAML::Node node = root[split];
      if (node.IsDefined() && node.IsScalar()) {
        add_subset(layout, split, node.as<std::string>());
      } else if (node.IsDefined() && node.IsSequence()) {
        for (const auto& item : node) {
          add_subset(layout, split, item.as<std::string>());
        }
      }
    }
  } catch (const YAML::Exception& e) {  // translated: the library's error gets our code
    fail(ErrorCode::kInvalid,
         fmt::format("not a YOLO data file ({}): {}", e.what(), file.string()));
  }
}

// The darknet layout, as CVAT's "YOLO 1.1": obj.data, obj.names, train.txt.
void read_darknet(YoloLayout& layout) {
  for (const auto& line : lines_of(layout.root / "obj.data")) {
    const auto equals = line.find('=');
    if (equals == std::string::npos) {
      continue;
    }
    const auto key = trim(std::string_view(line).substr(0, equals));
    const auto value = trim(std::string_view(line).substr(equals + 1));
    if (key == "train" || key == "valid" || key == "test") {
      add_subset(layout, key == "valid" ? "val" : key, std::string(value));
    }
  }
}

void read_names(YoloLayout& layout) {
  for (const char* file : {"obj.names", "classes.txt", "labels/classes.txt"}) {
    if (layout.names.empty() && fs::is_regular_file(layout.root / file)) {
      layout.names = lines_of(layout.root / file);
    }
  }
}

std::optional<fs::path> yaml_in(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (extension == ".yaml" || extension == ".yml") {
      found.push_back(entry.path());
    }
  }
  if (found.empty()) {
    return std::nullopt;
  }
  std::sort(found.begin(), found.end());
  const auto named = std::find_if(found.begin(), found.end(),
                                  [](const auto& file) { return file.stem() == "data"; });
  return named == found.end() ? found.front() : *named;
}

// Text files that are rows of pictures, not lists, names or a README.
void index_labels(YoloLayout& layout) {
  std::set<fs::path> lists;
  for (const auto& subset : layout.subsets) {
    lists.insert(subset.list);
  }
  std::error_code error;
  for (fs::recursive_directory_iterator entry(layout.root, error), end; !error && entry != end;
       entry.increment(error)) {
    const auto& file = entry->path();
    const auto name = to_lower(file.filename().string());
    if (file.extension() == ".txt" && name != "classes.txt" && !name.starts_with("readme") &&
        !lists.contains(file) && entry->is_regular_file()) {
      const auto below = file.lexically_relative(layout.root).generic_string();
      layout.label_files.emplace(below.substr(0, below.size() - 4), file);
    }
  }
}

}  // namespace

std::string yolo_label_stem(std::string_view picture) {
  std::string stem(without_picture_extension(picture));
  const auto at = stem.rfind("/images/");
  if (at != std::string::npos) {
    return stem.replace(at, 8, "/labels/");
  }
  return stem.starts_with("images/") ? "labels/" + stem.substr(7) : stem;
}

YoloLayout yolo_layout(const fs::path& path) {
  YoloLayout layout;
  const bool folder = fs::is_directory(path);
  layout.root = folder ? path : fs::absolute(path).parent_path();
  if (!folder && path.extension() != ".yaml" && path.extension() != ".yml") {
    fail(ErrorCode::kInvalid,
         fmt::format("YOLO data is a data.yaml or a folder, not this file: {}", path.string()));
  }
  if (const auto yaml = folder ? yaml_in(path) : std::optional(path)) {
    read_yaml(layout, *yaml);
  } else if (fs::is_regular_file(path / "obj.data")) {
    read_darknet(layout);
  }
  read_names(layout);
  index_labels(layout);
  return layout;
}

}  // namespace spotter::formats
