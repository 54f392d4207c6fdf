#include "formats/scalabel_tags.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/attempt.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;

using Tags = std::map<std::string, std::string>;
using Pictures = std::map<std::pair<std::string, std::string>, Tags>;  // by video and name

Tags tags_of(const Json& frame) {
  Tags tags;
  const Json attributes = json_get_or<Json>(frame, "attributes", Json::object());
  for (const auto& [name, value] : attributes.items()) {
    tags[name] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return tags;
}

Pictures read_pictures(const fs::path& path, const Pictures* known, Rejects& rejects) {
  const Json document = read_json(path);
  const Json& frames =
      document.is_object() && document.contains("frames") ? document["frames"] : document;
  if (!frames.is_array()) {
    fail(ErrorCode::kInvalid,
         fmt::format("this is neither a list of frames nor an object with one: {}", path.string()));
  }
  Pictures pictures;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    auto problem = problem_of([&] {
      const std::pair key = {json_get_or<std::string>(frames[i], "videoName", ""),
                             json_get<std::string>(frames[i], "name", "frame")};
      if (known != nullptr && !known->contains(key)) {
        fail(ErrorCode::kInvalid, fmt::format("\"{}\" is not in the ground truth", key.second));
      }
      if (!pictures.emplace(key, tags_of(frames[i])).second) {
        fail(ErrorCode::kInvalid, fmt::format("\"{}\" is there twice", key.second));
      }
    });
    if (!problem.empty()) {
      rejects.add(path.string(), fmt::format("frame {}", i), std::move(problem));
    }
  }
  return pictures;
}

TagColumn column_of(const std::string& tag, const Pictures& truths, const Pictures& said) {
  TagColumn column = {.name = tag};
  std::set<std::string> values;
  for (const auto* pictures : {&truths, &said}) {
    for (const auto& [key, tags] : *pictures) {
      if (const auto it = tags.find(tag); it != tags.end()) {
        values.insert(it->second);
      }
    }
  }
  column.values.assign(values.begin(), values.end());
  const auto position = [&](const Tags& tags) {
    const auto it = tags.find(tag);
    return it == tags.end()
               ? -1
               : static_cast<std::int32_t>(std::distance(values.begin(), values.find(it->second)));
  };
  for (const auto& [key, tags] : truths) {
    if (tags.contains(tag)) {
      const auto it = said.find(key);
      column.truth.push_back(position(tags));
      column.predicted.push_back(it == said.end() ? -1 : position(it->second));
    }
  }
  return column;
}

}  // namespace

std::vector<TagColumn> read_scalabel_tags(const fs::path& truth, const fs::path& predictions,
                                          const std::vector<std::string>& tags, Rejects& rejects) {
  const auto truths = read_pictures(truth, nullptr, rejects);
  const auto said = read_pictures(predictions, &truths, rejects);
  std::set<std::string> known;
  for (const auto& [key, values] : truths) {
    for (const auto& [tag, value] : values) {
      known.insert(tag);
    }
  }
  const std::vector<std::string> names(known.begin(), known.end());
  if (names.empty()) {
    fail(ErrorCode::kInvalid, fmt::format("no picture has a tag in {}", truth.string()));
  }
  std::vector<TagColumn> columns;
  for (const auto& tag : tags.empty() ? names : tags) {
    if (!known.contains(tag)) {
      fail(ErrorCode::kNotFound,
           fmt::format("no picture has the tag \"{}\"{} (there are {}): {}", tag,
                       did_you_mean(tag, names), fmt::join(names, ", "), truth.string()));
    }
    columns.push_back(column_of(tag, truths, said));
  }
  return columns;
}

}  // namespace spotter::formats
