// What all readers check in one row: numbers, boxes and class names. Ingest uses the box check
// again once it knows the size of the picture itself.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "formats/format.h"

namespace spotter::formats {

// A finite or non-finite decimal number that fills the whole text; nothing for anything else. Does
// not depend on the locale.
[[nodiscard]] std::optional<double> parse_number(std::string_view text);

struct BoxCheck {
  std::string problem;   // empty = good
  bool clipped = false;  // by more than a pixel
};
// Checks and clips `box` in a picture of width x height pixels (0 = unknown: only finite, ordered
// and not left of or above the origin). A box that leaves the picture by at most a pixel is clipped
// quietly.
[[nodiscard]] BoxCheck check_box(Box& box, int width, int height, Outside outside);

// The schema while reading: takes every class if it is empty, and remembers the order of first
// sight.
class ClassNames {
 public:
  explicit ClassNames(const ReadOptions& options, ReadReport& report);
  // Empty if `name` is a class of the schema, else why not.
  [[nodiscard]] std::string problem(std::string_view name);
  // Remembers a name that the file declares, whether or not an object has it.
  void declare(std::string_view name);

 private:
  const std::vector<std::string>& schema_;
  ReadReport& report_;
  std::set<std::string, std::less<>> seen_;
};

// What people say of the whole sample: one object without a box.
[[nodiscard]] LabelSet whole_label(std::string class_name);

// The file name to write for a sample: its own if it leads back to the key, else the key with the
// extension of its media type; so that names are unique because keys are.
[[nodiscard]] std::string export_name(const Sample& sample);

// The sample's attribute "split" if it is train, val or test, else "train".
[[nodiscard]] std::string split_of(const Sample& sample);

// Shortest text that reads back as the same number; whole numbers without a point.
[[nodiscard]] std::string number_text(double value);

}  // namespace spotter::formats
