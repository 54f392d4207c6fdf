#include <cmath>
#include <map>

#include <fmt/format.h>

#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "formats/cvat.h"
#include "formats/export_rows.h"
#include "formats/rows.h"

namespace spotter::formats {
namespace {

// The attributes of one label class and how CVAT should ask for them: "checkbox", "number" or
// "text".
using Inputs = std::map<std::string, std::string>;

// One box to write, whoever it comes from.
struct Shape {
  std::string class_name;
  Box box;
  bool occluded = false;
  bool automatic = false;  // a model drew it
  std::vector<std::pair<std::string, Json>> attributes;
};

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string input_of(const Json& value) {
  return value.is_boolean() ? "checkbox" : value.is_number() ? "number" : "text";
}

void add_attributes(Shape& shape, const std::string& attributes) {
  if (attributes.empty()) {
    return;
  }
  const Json members = parse_json(attributes, "attributes");
  for (const auto& [name, value] : members.items()) {
    if (name == "occluded" && value.is_boolean()) {
      shape.occluded = value.get<bool>();
    } else {
      shape.attributes.emplace_back(name, value);
    }
  }
}

Shape shape_of(const Label& label) {
  Shape shape{.class_name = label.class_name, .box = label.box};
  add_attributes(shape, label.attributes);
  for (const auto& [name, on] : {std::pair{"crowd", label.crowd}, {"ignore", label.ignore}}) {
    if (on) {
      shape.attributes.emplace_back(name, true);
    }
  }
  if (!label.track.empty()) {
    shape.attributes.emplace_back("track", label.track);
  }
  return shape;
}

Shape shape_of(const Prediction& prediction) {
  Shape shape{.class_name = prediction.class_name, .box = prediction.box, .automatic = true};
  add_attributes(shape, prediction.attributes);
  shape.attributes.emplace_back("score", prediction.score);
  return shape;
}

// Labels where there are any, else what a model predicted.
std::vector<Shape> shapes_of(const WriteItem& item) {
  std::vector<Shape> shapes;
  if (item.labels) {
    for (const auto& label : item.labels->labels) {
      shapes.push_back(shape_of(label));
    }
  } else if (item.predictions) {
    for (const auto& prediction : item.predictions->predictions) {
      shapes.push_back(shape_of(prediction));
    }
  }
  return shapes;
}

// CVAT's two decimals where they say all, else every digit.
std::string coordinate(double value) {
  const auto text = fmt::format("{:.2f}", value);
  return parse_number(text) == value ? text : number_text(value);
}

std::string shape_text(const Shape& shape) {
  std::string children;
  for (const auto& [name, value] : shape.attributes) {
    children += fmt::format("      <attribute name=\"{}\">{}</attribute>\n", escape_markup(name),
                            escape_markup(text_of(value)));
  }
  return fmt::format(
      "    <box label=\"{}\" source=\"{}\" occluded=\"{}\" xtl=\"{}\" ytl=\"{}\" xbr=\"{}\" "
      "ybr=\"{}\" "
      "z_order=\"0\">\n{}    </box>\n",
      escape_markup(shape.class_name), shape.automatic ? "auto" : "manual", shape.occluded ? 1 : 0,
      coordinate(shape.box.x1), coordinate(shape.box.y1), coordinate(shape.box.x2),
      coordinate(shape.box.y2), children);
}

std::string labels_text(const ClassTable& classes, const std::map<std::string, Inputs>& inputs) {
  std::string text;
  for (const auto& name : classes.names()) {
    std::string attributes;
    if (const auto of_class = inputs.find(name); of_class != inputs.end()) {
      for (const auto& [attribute, input] : of_class->second) {
        attributes += fmt::format(
            "            "
            "<attribute><name>{}</name><mutable>False</mutable><input_type>{}</input_type>"
            "<default_value>{}</default_value><values></values></attribute>\n",
            escape_markup(attribute), input,
            input == "checkbox" ? "false"
            : input == "number" ? "0"
                                : "");
      }
    }
    text += fmt::format(
        "        <label>\n          <name>{}</name>\n          <attributes>\n{}"
        "          </attributes>\n        </label>\n",
        escape_markup(name), attributes);
  }
  return text;
}

}  // namespace

WriteReport write_cvat(const std::filesystem::path& path, std::span<const WriteItem> items,
                       std::span<const std::string> class_names) {
  WriteReport report{.samples = items.size()};
  ClassTable classes(class_names);
  Losses losses;
  std::map<std::string, Inputs> inputs;
  std::string images;
  std::size_t unlabelled = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].labels) {
      drop_all_but_labels(report, losses, items[i]);
    }
    unlabelled += items[i].labels ? 0 : 1;
    std::string shapes;
    for (const auto& shape : shapes_of(items[i])) {
      (void)classes.position(shape.class_name);
      for (const auto& [name, value] : shape.attributes) {
        const auto input = input_of(value);
        const auto [known, is_new] = inputs[shape.class_name].emplace(name, input);
        known->second = known->second == input ? input : "text";
      }
      shapes += shape_text(shape);
      ++report.written;
    }
    const Sample& sample = items[i].sample;
    images +=
        fmt::format("  <image id=\"{}\" name=\"{}\" width=\"{}\" height=\"{}\">\n{}  </image>\n", i,
                    escape_markup(export_name(sample)), sample.width, sample.height, shapes);
  }
  const auto file = path.extension() == ".xml" ? path : path / "annotations.xml";
  write_file_atomic(
      file, fmt::format("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations>\n"
                        "  <version>1.1</version>\n  <meta>\n    <task>\n      <size>{}</size>\n"
                        "      <mode>annotation</mode>\n      <labels>\n{}      </labels>\n"
                        "    </task>\n  </meta>\n{}</annotations>\n",
                        items.size(), labels_text(classes, inputs), images));
  losses.report(report);
  if (unlabelled > 0) {
    report.notes.push_back(
        fmt::format("{} unlabelled samples are listed, to be labelled; read back as they are, "
                    "they say \"nothing there\"",
                    unlabelled));
  }
  return report;
}

}  // namespace spotter::formats
