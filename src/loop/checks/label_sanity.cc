// Labels that cannot be right whatever the picture shows: outside of it, without size, twice there,
// of a class that nobody knows, or at odds with the same object's other frames. Needs no model.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "domain/proposal.h"
#include "loop/checks/check.h"

namespace spotter::checks {
namespace {

struct Limits {
  double outside_px = 0;
  double side_px = 0;
  double duplicate_iou = 0;
  double jump_factor = 0;
};

struct Problem {
  std::string name;
  double score = 0;
  Proposal proposal;  // action empty = none
  Json evidence = Json::object();
  std::string error = "label_invalid";
};

// What is wrong with each label of one sample; the worst speaks for the label.
class Problems {
 public:
  explicit Problems(const LabelSet& labels) : labels_(labels.labels), found_(labels_.size()) {}

  void add(std::size_t label, Problem problem) {
    problem.proposal.object = labels_[label].object;
    found_[label].push_back(std::move(problem));
  }

  void report(const std::string& sample, std::vector<Finding>& findings) {
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      if (found_[i].empty()) {
        continue;
      }
      std::stable_sort(found_[i].begin(), found_[i].end(),
                       [](const Problem& a, const Problem& b) { return a.score > b.score; });
      const Problem& worst = found_[i].front();
      Json evidence = {{"problem", worst.name}};
      std::string also;
      for (std::size_t k = 1; k < found_[i].size(); ++k) {
        also += (also.empty() ? "" : ", ") + found_[i][k].name;
      }
      if (!also.empty()) {
        evidence["also"] = also;
      }
      evidence.update(worst.evidence);
      if (!worst.proposal.action.empty()) {
        evidence["proposal"] = to_json(worst.proposal);
      }
      findings.push_back({.sample = sample,
                          .object = labels_[i].object,
                          .error = worst.error,
                          .class_name = labels_[i].class_name,
                          .score = worst.score,
                          .box = labels_[i].box.valid() ? labels_[i].box : Box{},
                          .evidence = evidence.dump()});
    }
  }

 private:
  const std::vector<Label>& labels_;
  std::vector<std::vector<Problem>> found_;
};

void check_class(const Label& label, std::size_t i, std::span<const std::string> classes,
                 Problems& problems) {
  if (classes.empty() || label.ignore || label.crowd ||
      std::find(classes.begin(), classes.end(), label.class_name) != classes.end()) {
    return;
  }
  Problem problem{.name = "unknown_class", .score = 1};
  for (const auto& known : classes) {
    const std::array<std::string, 1> one = {known};
    if (!did_you_mean(to_lower(label.class_name), one).empty() ||
        to_lower(known) == to_lower(label.class_name)) {
      problem.proposal = {.action = "set_class", .class_name = known};
      break;
    }
  }
  problems.add(i, std::move(problem));
}

void check_place(const Label& label, std::size_t i, const Sample& sample, const Limits& limits,
                 Problems& problems) {
  if (!label.box.valid()) {
    problems.add(i, {.name = "no_size", .score = 1, .proposal = {.action = "remove"}});
    return;
  }
  const double side = std::min(label.box.width(), label.box.height());
  if (side < limits.side_px && !label.crowd && !label.ignore) {
    problems.add(i, {.name = "tiny",
                     .score = 0.5 + 0.3 * (1 - side / limits.side_px),
                     .proposal = {.action = "remove"},
                     .evidence = {{"side_px", side}}});
  }
  if (sample.width <= 0 || sample.height <= 0) {
    return;
  }
  const Box inside = clip(label.box, sample.width, sample.height);
  const double beyond = std::max(
      {-label.box.x1, -label.box.y1, label.box.x2 - sample.width, label.box.y2 - sample.height});
  if (beyond <= limits.outside_px) {
    return;
  }
  const double share = inside.valid() ? inside.area() / label.box.area() : 0;
  Problem problem{.name = "out_of_frame",
                  .score = 1 - 0.5 * share,
                  .evidence = {{"beyond_px", beyond}, {"share_inside", share}}};
  problem.proposal =
      inside.valid() ? Proposal{.action = "set_box", .box = inside} : Proposal{.action = "remove"};
  problems.add(i, std::move(problem));
}

// The later of two labels at one place is the one to remove; two classes there are for a person to
// decide.
void check_pairs(const LabelSet& set, double iou_min, Problems& problems) {
  const auto& labels = set.labels;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const bool counts =
          !labels[i].crowd && !labels[j].crowd && !labels[i].ignore && !labels[j].ignore;
      const double overlap = counts ? iou(labels[i].box, labels[j].box) : 0;
      if (overlap < iou_min) {
        continue;
      }
      const bool same = labels[i].class_name == labels[j].class_name;
      Problem problem{.name = same ? "duplicate" : "two_classes",
                      .score = overlap * (same ? 1 : 0.9),
                      .evidence = {{"other_object", labels[j].object}, {"iou", overlap}}};
      if (same) {
        problem.proposal.action = "remove";
      } else {
        problem.evidence["other_class"] = labels[j].class_name;
      }
      problems.add(i, std::move(problem));
      break;
    }
  }
}

// One frame of a track: where its label stands.
struct Stop {
  std::int64_t frame = 0;
  std::size_t sample = 0;
  std::size_t label = 0;
};

using Tracks = std::map<std::pair<std::string, std::string>, std::vector<Stop>>;

Tracks tracks_of(const CheckInput& input) {
  Tracks tracks;
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    if (input.labels[s] == nullptr) {
      continue;
    }
    const auto& labels = input.labels[s]->labels;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (!labels[i].track.empty() && !labels[i].ignore && !labels[i].crowd) {
        tracks[{input.samples[s].scene(), labels[i].track}].push_back(
            {input.samples[s].frame, s, i});
      }
    }
  }
  for (auto& [name, stops] : tracks) {
    std::sort(stops.begin(), stops.end(),
              [](const Stop& a, const Stop& b) { return a.frame < b.frame; });
  }
  return tracks;
}

class TrackChecker {
 public:
  TrackChecker(const CheckInput& input, const Limits& limits, std::vector<Problems>& problems)
      : input_(input), limits_(limits), problems_(problems) {}

  void check(const std::vector<Stop>& stops) {
    check_classes(stops);
    for (std::size_t k = 1; k + 1 < stops.size(); ++k) {
      check_size(stops[k - 1], stops[k], stops[k + 1]);
    }
  }

 private:
  [[nodiscard]] const Label& at(const Stop& stop) const {
    return input_.labels[stop.sample]->labels[stop.label];
  }

  // A class that the track has in less than a third of its frames, of at least three.
  void check_classes(const std::vector<Stop>& stops) {
    std::map<std::string, std::size_t> counts;
    for (const auto& stop : stops) {
      ++counts[at(stop).class_name];
    }
    const auto usual =
        std::max_element(counts.begin(), counts.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    if (stops.size() < 3 || 3 * usual->second <= 2 * stops.size()) {
      return;
    }
    const double share = static_cast<double>(usual->second) / static_cast<double>(stops.size());
    for (const auto& stop : stops) {
      if (at(stop).class_name != usual->first) {
        problems_[stop.sample].add(
            stop.label,
            {.name = "class_flip",
             .score = share,
             .proposal = {.action = "set_class", .class_name = usual->first},
             .evidence = {
                 {"track", at(stop).track}, {"usual_class", usual->first}, {"share", share}}});
      }
    }
  }

  // Against the box in between of the neighbouring frames, where both are near in time, agree with
  // each other, and none is cut off by the picture's edge.
  void check_size(const Stop& before, const Stop& here, const Stop& after) {
    const bool near = here.frame - before.frame <= kGapFrames &&
                      after.frame - here.frame <= kGapFrames && before.frame < here.frame &&
                      here.frame < after.frame;
    if (!near || cut(before) || cut(here) || cut(after)) {
      return;
    }
    const Box& a = at(before).box;
    const Box& b = at(after).box;
    const double t = static_cast<double>(here.frame - before.frame) /
                     static_cast<double>(after.frame - before.frame);
    const auto mix = [t](double u, double v) { return u + t * (v - u); };
    const Box usual{mix(a.x1, b.x1), mix(a.y1, b.y1), mix(a.x2, b.x2), mix(a.y2, b.y2)};
    const double jump = ratio(at(here).box, usual);
    if (jump < limits_.jump_factor || ratio(a, b) >= limits_.jump_factor) {
      return;
    }
    problems_[here.sample].add(here.label,
                               {.name = "size_jump",
                                .score = 1 - 0.5 * limits_.jump_factor / jump,
                                .proposal = {.action = "set_box", .box = usual},
                                .evidence = {{"track", at(here).track}, {"factor", jump}}});
  }

  // How many times the longer side differs, in width or height.
  static double ratio(const Box& a, const Box& b) {
    const auto of = [](double u, double v) { return std::max(u / v, v / u); };
    return std::max(of(a.width(), b.width()), of(a.height(), b.height()));
  }

  [[nodiscard]] bool cut(const Stop& stop) const {
    const Sample& sample = input_.samples[stop.sample];
    const Box& box = at(stop).box;
    return !box.valid() || box.x1 < 1 || box.y1 < 1 ||
           (sample.width > 0 && box.x2 > sample.width - 1) ||
           (sample.height > 0 && box.y2 > sample.height - 1);
  }

  static constexpr std::int64_t kGapFrames = 3;
  const CheckInput& input_;
  Limits limits_;
  std::vector<Problems>& problems_;
};

// One picture, byte for byte, of which people said two things: one of them is wrong. What most said
// is proposed.
void check_same_pictures(const CheckInput& input, std::vector<Problems>& problems) {
  std::map<std::string_view, std::vector<std::size_t>> by_picture;
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    if (input.labels[s] != nullptr && input.labels[s]->labels.size() == 1 &&
        !input.samples[s].media.empty()) {
      by_picture[input.samples[s].media].push_back(s);
    }
  }
  const auto class_of = [&](std::size_t s) { return input.labels[s]->labels[0].class_name; };
  for (const auto& [picture, copies] : by_picture) {
    std::map<std::string, std::size_t> counts;
    for (const auto s : copies) {
      ++counts[class_of(s)];
    }
    const auto usual =
        std::max_element(counts.begin(), counts.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    for (const auto s : copies) {
      const auto other = std::find_if(copies.begin(), copies.end(), [&](std::size_t copy) {
        return class_of(copy) != class_of(s);
      });
      if (other == copies.end()) {
        break;
      }
      const auto said = counts[class_of(s)];
      Problem problem{.name = "same_picture",
                      .score = 1 - static_cast<double>(said) / static_cast<double>(copies.size()),
                      .evidence = {{"other_sample", input.samples[*other].key},
                                   {"other_class", class_of(*other)},
                                   {"model_error", 0}},
                      .error = "label_class"};
      if (usual->second > said) {
        problem.proposal = {.action = "set_class", .class_name = usual->first};
      }
      problems[s].add(0, std::move(problem));
    }
  }
}

void count_objects(const LabelSet& set, std::size_t sample, CheckOutput& output) {
  std::map<std::string, std::int64_t> counts;
  for (const auto& label : set.labels) {
    ++counts[label.class_name];
  }
  for (const auto& [class_name, count] : counts) {
    output.objects.push_back({sample, class_name, count});
  }
}

CheckOutput run(const CheckInput& input) {
  const Limits limits{input.number("outside_px"), input.number("side_px_min"),
                      input.number("duplicate_iou"), input.number("jump_factor")};
  static const LabelSet kNothing;
  const bool has_boxes = input.task == "detection";
  CheckOutput output;
  std::vector<Problems> problems;
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    const LabelSet* set = input.labels[s];
    output.examined.push_back(set == nullptr ? 0 : 1);
    problems.emplace_back(set == nullptr ? kNothing : *set);
    if (set == nullptr) {
      continue;
    }
    count_objects(*set, s, output);
    for (std::size_t i = 0; i < set->labels.size(); ++i) {
      check_class(set->labels[i], i, input.classes, problems[s]);
      if (has_boxes) {
        check_place(set->labels[i], i, input.samples[s], limits, problems[s]);
      }
    }
    if (has_boxes) {
      check_pairs(*set, limits.duplicate_iou, problems[s]);
    }
  }
  if (has_boxes) {
    TrackChecker checker(input, limits, problems);
    for (const auto& [name, stops] : tracks_of(input)) {
      checker.check(stops);
    }
  }
  if (input.task == "classification") {
    check_same_pictures(input, problems);
  }
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    problems[s].report(input.samples[s].key, output.findings);
  }
  return output;
}

constexpr std::array kParams = {
    Param{.name = "outside_px",
          .number = 1,
          .high = 1000,
          .summary = "a box may leave the picture by so many pixels"},
    Param{.name = "side_px_min",
          .number = 2,
          .high = 1000,
          .summary = "boxes with a shorter side are tiny"},
    Param{.name = "duplicate_iou",
          .number = 0.9,
          .summary = "two labels that overlap at least so much are one object"},
    Param{.name = "jump_factor",
          .number = 2,
          .low = 1.1,
          .high = 100,
          .summary = "a side that is so many times longer or shorter than in the frames around"},
};

}  // namespace

extern const Check label_sanity;
const Check label_sanity = {
    .name = "label_sanity",
    .summary = "Labels that cannot be right, whatever the picture shows",
    .method =
        "Looks at labels alone, so it needs no model. A `label_invalid` names its problem: "
        "`unknown_class` (not in the schema), `no_size`, `out_of_frame`, `tiny`, `duplicate` (two "
        "of one class at one place), `two_classes` (of two), and over the frames of a track "
        "`class_flip` (a class that it has in less than a third of its frames) and `size_jump` "
        "(against the boxes of the frames before and after, up to three away, unless the picture's "
        "edge cuts one off). Where the repair is plain it is proposed: the nearest name of the "
        "schema, the clipped or interpolated box, the track's class, or to remove the label. In "
        "classification two samples with the same picture, byte for byte, and different classes "
        "are a `label_class` each (`same_picture`; the score is the share of the copies that say "
        "otherwise). A "
        "label with several problems is one finding; the worst speaks, `also` lists the others.",
    .needs = kNeedsLabels,
    .population = Population::kLabelled,
    .params = kParams,
    .run = run,
};

}  // namespace spotter::checks
