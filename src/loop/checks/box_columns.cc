#include "loop/checks/box_columns.h"

#include <map>
#include <string_view>

namespace spotter::checks {
namespace {

void add_row(kernels::CocoColumns& columns, std::size_t sample, std::int32_t category,
             const Box& box) {
  columns.image.push_back(static_cast<std::int32_t>(sample));
  columns.category.push_back(category);
  columns.box.push_back({box.x1, box.y1, box.width(), box.height()});
  columns.area.push_back(box.area());
}

}  // namespace

BoxColumns box_columns(const CheckInput& input) {
  BoxColumns rows;
  std::map<std::string_view, std::int32_t> number;
  const auto judged = [&](std::size_t s) {
    return input.labels[s] != nullptr && input.outputs[s] != nullptr;
  };
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    if (judged(s)) {
      for (const auto& label : input.labels[s]->labels) {
        number.emplace(label.class_name, 0);
      }
      for (const auto& p : input.outputs[s]->set.predictions) {
        number.emplace(p.class_name, 0);
      }
    }
  }
  for (auto& [name, place] : number) {
    place = static_cast<std::int32_t>(rows.classes.size());
    rows.classes.emplace_back(name);
  }
  rows.size = {static_cast<std::int32_t>(input.samples.size()),
               static_cast<std::int32_t>(rows.classes.size())};
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    if (!judged(s)) {
      continue;
    }
    const auto& labels = input.labels[s]->labels;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (labels[i].box.valid()) {
        add_row(rows.truths, s, number.at(labels[i].class_name), labels[i].box);
        rows.truths.crowd.push_back(labels[i].crowd || labels[i].ignore ? 1 : 0);
        rows.truth_origin.push_back({s, i});
      }
    }
    const auto& predictions = input.outputs[s]->set.predictions;
    for (std::size_t i = 0; i < predictions.size(); ++i) {
      if (predictions[i].box.valid()) {
        add_row(rows.detections, s, number.at(predictions[i].class_name), predictions[i].box);
        rows.detections.score.push_back(predictions[i].score);
        rows.detection_origin.push_back({s, i});
      }
    }
  }
  return rows;
}

void count_objects(const LabelSet& labels, std::size_t sample, CheckOutput& output) {
  std::map<std::string, std::int64_t> counts;
  for (const auto& label : labels.labels) {
    if (!label.crowd && !label.ignore) {
      ++counts[label.class_name];
    }
  }
  for (const auto& [class_name, count] : counts) {
    output.objects.push_back({sample, class_name, count});
  }
}

}  // namespace spotter::checks
