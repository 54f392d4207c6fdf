#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "base/text.h"
#include "formats/cvat.h"
#include "formats/json_rows.h"
#include "formats/rows.h"
#include "formats/xml_rows.h"

namespace spotter::formats {
namespace {

// The attributes as finite numbers, or the name of the first that is not.
template <std::size_t N>
std::string numbers_of(const pugi::xml_node& shape, const std::array<const char*, N>& names,
                       std::array<double, N>& values) {
  for (std::size_t i = 0; i < N; ++i) {
    const auto text = shape.attribute(names[i]);
    const auto number = parse_number(text.value());
    if (!number || !std::isfinite(*number)) {
      return text ? fmt::format("{} is \"{}\", not a finite number", names[i], text.value())
                  : fmt::format("it has no {}", names[i]);
    }
    values[i] = *number;
  }
  return {};
}

// What a rectangle turned about its centre encloses; the angle in degrees.
Box turned(const Box& box, double degrees) {
  const double angle = degrees * std::numbers::pi / 180;
  const double c = std::abs(std::cos(angle));
  const double s = std::abs(std::sin(angle));
  const double half_width = (box.width() * c + box.height() * s) / 2;
  const double half_height = (box.width() * s + box.height() * c) / 2;
  const double x = (box.x1 + box.x2) / 2;
  const double y = (box.y1 + box.y2) / 2;
  return {x - half_width, y - half_height, x + half_width, y + half_height};
}

CvatShape rectangle(const pugi::xml_node& shape) {
  std::array<double, 4> v{};
  CvatShape result{.problem = numbers_of<4>(shape, {"xtl", "ytl", "xbr", "ybr"}, v)};
  result.box = {v[0], v[1], v[2], v[3]};
  const auto angle = parse_number(shape.attribute("rotation").value()).value_or(0);
  if (std::isfinite(angle) && angle != 0 && result.problem.empty()) {
    result.box = turned(result.box, angle);
    result.converted = true;
  }
  return result;
}

CvatShape polygon(const pugi::xml_node& shape) {
  constexpr double kFar = std::numeric_limits<double>::infinity();
  CvatShape result{.box = {kFar, kFar, -kFar, -kFar}, .converted = true};
  for (const auto& point : split(shape.attribute("points").value(), ';')) {
    const auto comma = point.find(',');
    const auto x = parse_number(std::string_view(point).substr(0, comma));
    const auto y =
        comma == std::string::npos ? std::nullopt : parse_number(point.substr(comma + 1));
    if (!x || !y || !std::isfinite(*x) || !std::isfinite(*y)) {
      result.problem = fmt::format("the point \"{}\" is not two finite numbers", point);
      return result;
    }
    result.box = {std::min(result.box.x1, *x), std::min(result.box.y1, *y),
                  std::max(result.box.x2, *x), std::max(result.box.y2, *y)};
  }
  return result;
}

CvatShape ellipse(const pugi::xml_node& shape) {
  std::array<double, 4> v{};
  CvatShape result{.problem = numbers_of<4>(shape, {"cx", "cy", "rx", "ry"}, v), .converted = true};
  result.box = {v[0] - v[2], v[1] - v[3], v[0] + v[2], v[1] + v[3]};
  return result;
}

CvatShape mask(const pugi::xml_node& shape) {
  std::array<double, 4> v{};
  CvatShape result{.problem = numbers_of<4>(shape, {"left", "top", "width", "height"}, v),
                   .converted = true};
  result.box = {v[0], v[1], v[0] + v[2], v[1] + v[3]};
  return result;
}

}  // namespace

bool is_cvat_shape(std::string_view name) {
  static constexpr std::array<std::string_view, 9> kNames = {
      "box", "polygon", "polyline", "points", "ellipse", "mask", "cuboid", "skeleton", "tag"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

CvatShape cvat_shape(const pugi::xml_node& shape) {
  const std::string_view name = shape.name();
  if (name == "box") {
    return rectangle(shape);
  }
  if (name == "polygon") {
    return polygon(shape);
  }
  if (name == "ellipse") {
    return ellipse(shape);
  }
  if (name == "mask") {
    return mask(shape);
  }
  return {.problem = fmt::format(
              "a {} is not an area; boxes, polygons, ellipses and masks are read", name)};
}

std::map<std::string, bool> cvat_typed_attributes(const pugi::xml_node& root) {
  std::map<std::string, bool> typed;
  for (const auto& owner : root.child("meta").children()) {  // <task>, <job> or <project>
    for (const auto& label : owner.child("labels").children("label")) {
      for (const auto& attribute : label.child("attributes").children("attribute")) {
        const std::string_view type = attribute.child_value("input_type");
        typed[fmt::format("{}/{}", label.child_value("name"), attribute.child_value("name"))] =
            type == "number" || type == "checkbox";
      }
    }
  }
  return typed;
}

void read_cvat_attributes(const pugi::xml_node& shape, const std::map<std::string, bool>& typed,
                          Label& label, double& score) {
  std::string members;
  const auto add = [&](std::string_view name, const std::string& json) {
    members += fmt::format("{}{}:{}", members.empty() ? "" : ",", json_text(name), json);
  };
  if (shape.attribute("occluded").as_bool()) {
    add("occluded", "true");
  }
  for (const auto& attribute : shape.children("attribute")) {
    const std::string name = attribute.attribute("name").value();
    const std::string text(trim(attribute.text().get()));
    if (name == "crowd" || name == "ignore") {
      (name == "crowd" ? label.crowd : label.ignore) = text == "true";
    } else if (name == "track") {
      label.track = text;
    } else if (name == "score") {
      score = parse_number(text).value_or(-1);
    } else if (!name.empty()) {
      const auto type = typed.find(label.class_name + "/" + name);
      add(name, json_of_text(text, type != typed.end() && type->second));
    }
  }
  label.attributes = members.empty() ? "" : "{" + members + "}";
}

}  // namespace spotter::formats
