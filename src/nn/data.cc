#include "nn/data.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <mutex>

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
  const Box box{value[0].get<double>(), value[1].get<double>(), value[2].get<double>(), value[3].get<double>()};
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
  const auto objects = line.find("objects");
  item.has_objects = objects != line.end() && objects->is_array();
  if (!item.has_objects) {
    return item;
  }
  for (const auto& object : *objects) {
    try {
      const auto name = json_get<std::string>(object, "class", where);
      const auto found = std::find(classes.begin(), classes.end(), name);
      const bool ignore = json_get_or<bool>(object, "ignore", false) || json_get_or<bool>(object, "crowd", false);
      if (found == classes.end() && !ignore) {
        rejects.add(file, where, fmt::format("class \"{}\" is not one of the model's", name));
        continue;
      }
      item.objects.push_back({.class_index = found == classes.end() ? 0 : static_cast<int>(found - classes.begin()),
                              .box = box_of(object.at("box")),
                              .ignore = ignore});
    } catch (const std::exception& e) {
      rejects.add(file, where, e.what());
    }
  }
  return item;
}

// Planes of one picture at the input size.
void store(const media::Image& image, std::uint8_t* planes) {
  const std::size_t plane = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
  for (std::size_t i = 0; i < plane; ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      planes[c * plane + i] = image.rgb[3 * i + c];
    }
  }
}

void scale_boxes(Item& item, int width, int height) {
  const double sx = static_cast<double>(width) / item.width;
  const double sy = static_cast<double>(height) / item.height;
  for (auto& object : item.objects) {
    auto& b = object.box;
    b = {b.x1 * sx, b.y1 * sy, b.x2 * sx, b.y2 * sy};
  }
}

}  // namespace

std::vector<Item> read_manifest(const std::filesystem::path& path, const std::vector<std::string>& classes,
                                Rejects& rejects) {
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
    } catch (const Error& e) {
      rejects.add(path.string(), where, e.what());
    }
  }
  if (items.empty()) {
    fail(ErrorCode::kInvalid, fmt::format("the manifest names no picture: {}", path.string()));
  }
  return items;
}

Data load(const std::vector<Item>& items, std::size_t begin, std::size_t end, int width, int height,
          Rejects& rejects) {
  Data data{.width = width, .height = height};
  const std::size_t count = end - begin;
  data.pixels.resize(count * data.item_bytes());
  std::vector<Item> loaded(items.begin() + static_cast<std::ptrdiff_t>(begin),
                           items.begin() + static_cast<std::ptrdiff_t>(end));
  std::vector<std::string> problems(count);
  parallel_for(count, 4, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      try {
        const auto image = media::decode(read_file(loaded[i].path), loaded[i].path.string());
        loaded[i].width = image.width;
        loaded[i].height = image.height;
        store(image.width == width && image.height == height ? image : media::resize(image, width, height),
              data.pixels.data() + i * data.item_bytes());
      } catch (const Error& e) {
        problems[i] = e.what();
      }
    }
  });
  for (std::size_t i = 0; i < count; ++i) {
    if (!problems[i].empty()) {
      rejects.add(loaded[i].path.string(), loaded[i].key, problems[i]);
      continue;
    }
    const std::size_t place = data.items.size();
    if (place != i) {
      std::copy_n(data.pixels.data() + i * data.item_bytes(), data.item_bytes(),
                  data.pixels.data() + place * data.item_bytes());
    }
    scale_boxes(loaded[i], width, height);
    data.items.push_back(std::move(loaded[i]));
  }
  data.pixels.resize(data.items.size() * data.item_bytes());
  return data;
}

}  // namespace spotter::nn
