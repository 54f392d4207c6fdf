#include "formats/export_rows.h"

#include <fmt/format.h>

#include "formats/rows.h"

namespace spotter::formats {

ClassTable::ClassTable(std::span<const std::string> classes) {
  for (const auto& name : classes) {
    (void)position(name);
  }
}

std::size_t ClassTable::position(const std::string& name) {
  const auto [it, is_new] = positions_.emplace(name, names_.size());
  if (is_new) {
    names_.push_back(name);
  }
  return it->second;
}

void Losses::add_details(const Label& label, bool keeps_ignore) {
  if (!label.track.empty()) {
    add("tracks");
  }
  if (!label.attributes.empty()) {
    add("attributes");
  }
  if (label.ignore && !keeps_ignore) {
    add("ignore marks");
  }
}

void Losses::report(WriteReport& report) const {
  for (const auto& [what, count] : counts_) {
    report.notes.push_back(fmt::format("{} not kept: {}", what, count));
  }
}

void drop(WriteReport& report, const Sample& sample, std::string_view object, std::string reason) {
  ++report.dropped;
  report.rejects.add(export_name(sample), fmt::format("object {}", object), std::move(reason));
}

void drop_all_but_labels(WriteReport& report, Losses& losses, const WriteItem& item) {
  if (item.predictions) {
    for (std::size_t i = 0; i < item.predictions->predictions.size(); ++i) {
      drop(report, item.sample, fmt::format("prediction {}", i), "this format holds labels only");
    }
  }
  for (const auto& layer : item.layers) {
    for (std::size_t i = 0; i < layer.labels.size(); ++i) {
      losses.add(fmt::format("objects of layer \"{}\"", layer.layer));
    }
  }
  for (std::size_t i = 0; i < item.flags.size(); ++i) {
    losses.add("flags");
  }
}

}  // namespace spotter::formats
