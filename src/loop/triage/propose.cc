#include "loop/triage/propose.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace spotter::triage {
namespace {

constexpr double kSameOverlap = 0.5;
constexpr double kSameBox = 0.9;  // two labels of one class that overlap so much are one object

std::string free_object(const LabelSet& set) {
  std::int64_t next = 0;
  for (const auto& label : set.labels) {
    std::int64_t number = -1;
    const auto* end = label.object.data() + label.object.size();
    if (std::from_chars(label.object.data(), end, number).ptr == end) {
      next = std::max(next, number + 1);
    }
  }
  return std::to_string(next);
}

Box box_in(const Proposal& proposal, const Sample& sample) {
  const Box box = clip(proposal.box, sample.width, sample.height);
  if (!proposal.box.valid() || !box.valid()) {
    fail(ErrorCode::kInvalid,
         fmt::format("the proposed box is not inside the picture of sample \"{}\"", sample.key));
  }
  return box;
}

const std::string& class_in(const Proposal& proposal, const std::vector<std::string>& classes) {
  if (std::find(classes.begin(), classes.end(), proposal.class_name) == classes.end()) {
    fail(ErrorCode::kInvalid,
         fmt::format("the proposed class \"{}\" is not one of the project{}", proposal.class_name,
                     did_you_mean(proposal.class_name, classes)));
  }
  return proposal.class_name;
}

}  // namespace

bool same_change(const Proposal& a, const Proposal& b) {
  if (a.action == "add" || b.action == "add") {
    return a.action == b.action && iou(a.box, b.box) >= kSameOverlap;
  }
  return a.object == b.object;
}

void apply_proposal(const Proposal& proposal, const Sample& sample,
                    const std::vector<std::string>& classes, LabelSet& set) {
  if (proposal.action == "add") {
    const Label added{.object = free_object(set),
                      .class_name = class_in(proposal, classes),
                      .box = box_in(proposal, sample)};
    for (const auto& label : set.labels) {
      if (label.class_name == added.class_name && iou(label.box, added.box) >= kSameBox) {
        fail(ErrorCode::kConflict, fmt::format("sample \"{}\" has this {} already: label \"{}\"",
                                               sample.key, label.class_name, label.object));
      }
    }
    set.labels.push_back(added);
    return;
  }
  const auto label = std::find_if(set.labels.begin(), set.labels.end(),
                                  [&](const Label& l) { return l.object == proposal.object; });
  if (label == set.labels.end()) {
    fail(ErrorCode::kConflict,
         fmt::format("sample \"{}\" has no label \"{}\" any more: somebody changed it since the "
                     "check; run the check again",
                     sample.key, proposal.object));
  }
  if (proposal.action == "remove") {
    set.labels.erase(label);
  } else if (proposal.action == "set_class") {
    label->class_name = class_in(proposal, classes);
  } else if (proposal.action == "set_box") {
    label->box = box_in(proposal, sample);
  } else {
    fail(
        ErrorCode::kInvalid,
        fmt::format("\"{}\" is not a change of labels; changes are add, remove, set_class, set_box",
                    proposal.action));
  }
}

bool same_labels(const LabelSet& a, const LabelSet& b) {
  const auto facts = [](const Label& l) {
    return std::tie(l.object, l.class_name, l.box, l.crowd, l.ignore, l.track, l.attributes);
  };
  return std::equal(a.labels.begin(), a.labels.end(), b.labels.begin(), b.labels.end(),
                    [&](const Label& x, const Label& y) { return facts(x) == facts(y); });
}

LabelSet label_revision(Project& project, const std::string& sample, std::int64_t revision) {
  LabelSet set{.sample = sample, .revision = revision};
  const auto t = project.lake->query(
      "SELECT object, class, x1, y1, x2, y2, crowd, ignored, track, attributes FROM labels WHERE "
      "sample = $1 AND layer = $2 AND revision = $3 ORDER BY position",
      {sample, std::string(kLabelLayer), revision});
  for (std::size_t r = 0; r < t.rows.size(); ++r) {
    set.labels.push_back({.object = t.text(r, 0),
                          .class_name = t.text(r, 1),
                          .box = {t.real(r, 2), t.real(r, 3), t.real(r, 4), t.real(r, 5)},
                          .crowd = t.integer(r, 6) != 0,
                          .ignore = t.integer(r, 7) != 0,
                          .track = t.text(r, 8),
                          .attributes = t.text(r, 9)});
  }
  return set;
}

}  // namespace spotter::triage
