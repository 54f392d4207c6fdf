#include "nn/data.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <mutex>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/parallel.h"
#include "media/image.h"

namespace spotter::nn {
namespace {

Box box_of(const Json& value) {
  if (!value.is_array() || value.size() != 4) {
    fail(ErrorCode::kInvalid, "a box has four numbers");
  }
  const Box box{value[0].get<double>(), value[1].get<double>(), value[2].get<double>(),
                value[3].get<double>()};
  if (!box.valid()) {
    fail(ErrorCode::kInvalid, "a box is empty or not finite");
  }
  return box;
}

Item item_of(const Json& line, const std::vector<std::string>& classes, const std::string& file,
             const std::string& where, Rejects& rejects) {
  Item item{.key = json_get<std::string>(line, "key", where),
            .path = json_get<std::string>(line, "path", where),
            .weight = json_get_or<double>(line, "weight", 1.0),
            .width = json_get_or<int>(line, "width", 0),
            .height = json_get_or<int>(line, "height", 0)};
  if (!(item.weight >= 0) || item.weight > std::numeric_limits<float>::max()) {
    fail(ErrorCode::kInvalid, "a weight is a finite number, 0 or more");
  }
  const auto objects = line.find("objects");
  item.has_objects = objects != line.end() && objects->is_array();
  if (!item.has_objects) {
    return item;
  }
  for (const auto& object : *objects) {
    try {
      const auto name = json_get<std::string>(object, "class", where);
      const auto found = std::find(classes.begin(), classes.end(), name);
      const bool ignore =
          json_get_or<bool>(object, "ignore", false) || json_get_or<bool>(object, "crowd", false);
      if (found == classes.end() && !ignore) {
        rejects.add(file, where, fmt::format("class \"{}\" is not one of the model's", name));
        continue;
      }
      item.objects.push_back(
          {.class_index = found == classes.end() ? 0 : static_cast<int>(found - classes.begin()),
           .box = box_of(object.at("box")),
           .ignore = ignore});
    } catch (const std::exception& e) {
      rejects.add(file, where, e.what());
    }
  }
  return item;
}

// The largest size of the picture's shape that fits the input.
void fit(Item& item, const LoadOptions& options) {
  const double scale = std::min(static_cast<double>(options.width) / item.width,
                                static_cast<double>(options.height) / item.height);
  item.shown_width =
      std::clamp(static_cast<int>(std::lround(item.width * scale)), 1, options.width);
  item.shown_height =
      std::clamp(static_cast<int>(std::lround(item.height * scale)), 1, options.height);
}

void store(const media::Image& image, int input_width, std::uint8_t* pixels) {
  const auto row = std::size_t{3} * static_cast<std::size_t>(image.width);
  for (int y = 0; y < image.height; ++y) {
    std::copy_n(image.rgb.data() + static_cast<std::size_t>(y) * row, row,
                pixels + std::size_t{3} * static_cast<std::size_t>(y) *
                             static_cast<std::size_t>(input_width));
  }
}

void load_one(Item& item, const LoadOptions& options, std::uint8_t* pixels) {
  const auto image = media::decode(read_file(item.path), item.path.string());
  item.width = image.width;
  item.height = image.height;
  fit(item, options);
  const bool fits = image.width == item.shown_width && image.height == item.shown_height;
  store(fits ? image : media::resize(image, item.shown_width, item.shown_height), options.width,
        pixels);
}

void scale_boxes(Item& item) {
  for (auto& object : item.objects) {
    auto& b = object.box;
    b = {b.x1 * item.scale_x(), b.y1 * item.scale_y(), b.x2 * item.scale_x(),
         b.y2 * item.scale_y()};
  }
}

}  // namespace

std::vector<Item> read_manifest(const std::filesystem::path& path,
                                const std::vector<std::string>& classes, Rejects& rejects,
                                Empty empty) {
  std::ifstream stream(path);
  if (!stream) {
    fail(ErrorCode::kNotFound, fmt::format("the manifest cannot be read: {}", path.string()));
  }
  std::vector<Item> items;
  std::string line;
  for (std::size_t number = 1; std::getline(stream, line); ++number) {
    if (line.empty()) {
      continue;
    }
    const auto where = fmt::format("line {}", number);
    try {
      items.push_back(item_of(parse_json(line, where), classes, path.string(), where, rejects));
      items.back().line = number;
    } catch (const Error& e) {
      rejects.add(path.string(), where, e.what());
    }
  }
  if (items.empty() && empty == Empty::kRefused) {
    fail(ErrorCode::kInvalid, fmt::format("the manifest names no picture: {}", path.string()));
  }
  return items;
}

Data load(std::span<const Item> items, const LoadOptions& options, Rejects& rejects) {
  Data data{.width = options.width, .height = options.height};
  data.pixels.resize(items.size() * data.item_bytes());
  std::vector<Item> loaded(items.begin(), items.end());
  std::vector<std::string> problems(items.size());
  parallel_for(items.size(), 4, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      try {
        load_one(loaded[i], options, data.pixels.data() + i * data.item_bytes());
      } catch (const std::exception& e) {  // one bad picture never spoils the rest
        problems[i] = e.what();
      }
    }
  });
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!problems[i].empty()) {
      rejects.add(loaded[i].path.string(), loaded[i].key, problems[i]);
      continue;
    }
    const std::size_t place = data.items.size();
    if (place != i) {
      std::copy_n(data.pixels.data() + i * data.item_bytes(), data.item_bytes(),
                  data.pixels.data() + place * data.item_bytes());
    }
    scale_boxes(loaded[i]);
    data.items.push_back(std::move(loaded[i]));
  }
  data.pixels.resize(data.items.size() * data.item_bytes());
  return data;
}

}  // namespace spotter::nn
