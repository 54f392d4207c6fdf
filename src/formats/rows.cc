#include "formats/rows.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "formats/image_folder.h"

namespace spotter::formats {
namespace {

constexpr double kOutsidePx = 1;

std::string box_text(const Box& box) {
  return fmt::format("[{:g}, {:g}, {:g}, {:g}]", box.x1, box.y1, box.x2, box.y2);
}

// How far the box reaches beyond the picture; an unknown side has no far edge.
double outside_px(const Box& box, int width, int height) {
  double out = std::max(-box.x1, -box.y1);
  if (width > 0 && height > 0) {
    out = std::max({out, box.x2 - width, box.y2 - height});
  }
  return out;
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  text = trim(text);
  if (text.starts_with('+')) {
    text.remove_prefix(1);
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

BoxCheck check_box(Box& box, int width, int height, Outside outside) {
  if (!box.finite()) {
    return {.problem = fmt::format("the box {} is not finite", box_text(box))};
  }
  if (box.x2 < box.x1 || box.y2 < box.y1) {
    return {.problem = fmt::format("the box {} is inverted or has a negative size", box_text(box))};
  }
  if (!box.valid()) {
    return {.problem = fmt::format("the box {} has no width or height", box_text(box))};
  }
  const double out = outside_px(box, width, height);
  if (out <= 0) {
    return {};
  }
  const bool known = width > 0 && height > 0;
  const auto size = known ? fmt::format(" of {}x{}", width, height) : "";
  Box inside =
      clip(box, known ? width : std::max(box.x2, 0.0), known ? height : std::max(box.y2, 0.0));
  if (!inside.valid()) {
    return {.problem = fmt::format("the box {} lies outside the picture{}", box_text(box), size)};
  }
  if (out > kOutsidePx && outside == Outside::kReject) {
    return {.problem =
                fmt::format("the box {} leaves the picture{} by {:g} px; clip it by asking for "
                            "that (--clip)",
                            box_text(box), size, out)};
  }
  box = inside;
  return {.clipped = out > kOutsidePx};
}

ClassNames::ClassNames(const ReadOptions& options, ReadReport& report)
    : schema_(options.classes), report_(report) {}

void ClassNames::declare(std::string_view name) {
  if (!name.empty() && seen_.emplace(name).second) {
    report_.classes.emplace_back(name);
  }
}

std::string ClassNames::problem(std::string_view name) {
  if (name.empty()) {
    return "the class name is empty";
  }
  declare(name);
  if (schema_.empty() || std::find(schema_.begin(), schema_.end(), name) != schema_.end()) {
    return {};
  }
  const auto hint = did_you_mean(name, schema_);
  return fmt::format(
      "unknown class \"{}\"{}", name,
      hint.empty() ? fmt::format("; the schema has {}", fmt::join(schema_, ", ")) : hint);
}

LabelSet whole_label(std::string class_name) {
  LabelSet set;
  set.labels.push_back({.object = "1", .class_name = std::move(class_name)});
  return set;
}

std::string export_name(const Sample& sample) {
  if (sample.key.empty() || sample.file_name == sample.key ||
      without_picture_extension(sample.file_name) == sample.key) {
    return sample.file_name;
  }
  if (without_picture_extension(sample.key) != sample.key) {
    return sample.key;
  }
  const auto& type = sample.media_type;
  return sample.key + (type == "image/png" ? ".png" : type == "image/webp" ? ".webp" : ".jpg");
}

std::string split_of(const Sample& sample) {
  if (sample.attributes.find("\"split\"") == std::string::npos) {
    return "train";
  }
  const auto attributes = parse_json(sample.attributes, "attributes");
  const auto it = attributes.find("split");
  const std::string split = it != attributes.end() && it->is_string() ? it->get<std::string>() : "";
  return split == "val" || split == "test" ? split : "train";
}

std::string number_text(double value) {
  return fmt::format("{}", value);
}

}  // namespace spotter::formats
