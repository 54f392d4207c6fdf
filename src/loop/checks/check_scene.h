// What a check is given, built by hand: samples with labels and predictions. Only tests include
// this.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "loop/checks/check.h"

namespace spotter::checks {

inline Box square(double x, double y, double side) {
  return {x, y, x + side, y + side};
}

inline Prediction predicted(const std::string& class_name, double score, const Box& box) {
  Prediction p;
  p.class_name = class_name;
  p.score = score;
  p.box = box;
  return p;
}

inline Label labelled(const std::string& object, const std::string& class_name, const Box& box) {
  Label label;
  label.object = object;
  label.class_name = class_name;
  label.box = box;
  return label;
}

// Owns what a CheckInput points to.
struct CheckScene {
  std::string task = "detection";
  std::vector<std::string> classes;
  std::vector<Sample> samples;
  std::vector<LabelSet> labels;
  std::vector<lake::ModelOutput> outputs;
  std::vector<std::string> splits;
  Json parameters;

  void add(const std::string& key, std::vector<Label> label_list,
           std::vector<Prediction> predictions, double loss = -1) {
    Sample sample;
    sample.key = key;
    samples.push_back(sample);
    labels.push_back({.sample = key, .labels = std::move(label_list)});
    lake::ModelOutput output;
    output.set = {key, std::move(predictions)};
    output.loss = loss;
    outputs.push_back(std::move(output));
    splits.emplace_back();
  }

  CheckOutput run(const Check& check, const Json& given = Json::object()) {
    parameters = resolve(check, given);
    CheckInput input;
    input.task = task;
    input.classes = classes;
    input.samples = samples;
    input.splits = splits;
    input.parameters = &parameters;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      input.labels.push_back(&labels[i]);
      input.outputs.push_back(&outputs[i]);
    }
    return check.run(input);
  }
};

}  // namespace spotter::checks
