// What all writers share: the order of classes, and counting what a format cannot hold.
#pragma once
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/format.h"

namespace spotter::formats {

// Positions of class names: the given ones first, others in order of appearance.
class ClassTable {
 public:
  explicit ClassTable(std::span<const std::string> classes);
  std::size_t position(const std::string& name);  // adds a name that is not there
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::size_t, std::less<>> positions_;
};

// Counts what is left out by reason and turns it into notes: "attributes of 12 objects are not
// kept".
class Losses {
 public:
  void add(std::string_view what) { ++counts_[std::string(what)]; }
  // Counts the members of a label that a format of plain boxes does not hold.
  void add_details(const Label& label, bool keeps_ignore);
  void report(WriteReport& report) const;

 private:
  std::map<std::string, std::size_t> counts_;
};

// Adds a dropped object to the report.
void drop(WriteReport& report, const Sample& sample, std::string_view object, std::string reason);
// Counts predictions, layers and flags of an item that a format of labels only does not hold.
void drop_all_but_labels(WriteReport& report, Losses& losses, const WriteItem& item);

}  // namespace spotter::formats
