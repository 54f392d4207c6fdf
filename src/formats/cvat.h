// CVAT XML 1.1, "for images" (read and written) and "for video" (read): what labelling teams
// exchange. What cvat.cc, cvat_shapes.cc, cvat_read.cc and cvat_write.cc share; private to this
// folder.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "formats/format.h"

namespace pugi {
class xml_node;
}

namespace spotter::formats {

// A shape element as a box: boxes as they are, other areas by what they enclose.
struct CvatShape {
  std::string problem;  // why it is no box; empty = good
  Box box;
  bool converted = false;  // it was not an upright box
};
[[nodiscard]] CvatShape cvat_shape(const pugi::xml_node& shape);

// Whether an element of this name is a shape or a tag, not an attribute or metadata.
[[nodiscard]] bool is_cvat_shape(std::string_view name);

// Which attributes are numbers or check boxes: "label/attribute" to true. Empty without <meta>.
[[nodiscard]] std::map<std::string, bool> cvat_typed_attributes(const pugi::xml_node& root);

// What the <attribute> children and XML attributes of a shape say about the label.
void read_cvat_attributes(const pugi::xml_node& shape, const std::map<std::string, bool>& typed,
                          Label& label, double& score);

[[nodiscard]] ReadReport read_cvat(const std::filesystem::path& path, const ReadOptions& options,
                                   const std::function<void(Record)>& take);
[[nodiscard]] WriteReport write_cvat(const std::filesystem::path& path,
                                     std::span<const WriteItem> items,
                                     std::span<const std::string> classes);

}  // namespace spotter::formats
