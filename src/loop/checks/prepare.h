// What checks need, loaded once for all checks of one run: samples, labels, sensor layers,
// predictions, embeddings and the training set of the model's version.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "loop/checks/check.h"
#include "loop/checks/checks.h"

namespace spotter::checks {

// The data behind one CheckInput, whose pointers stay valid as long as this lives.
struct Prepared {
  std::vector<Sample> samples;
  std::vector<LabelSet> labels;
  std::vector<LabelSet> sensor;
  std::vector<lake::ModelOutput> outputs;
  std::vector<LabelSet> reference_labels;
  std::vector<LabelSet> reference_sensor;
  std::vector<lake::ModelOutput> reference_outputs;
  Json parameters;
  CheckInput input;
  std::string skipped;  // why the check cannot run; empty = it can
};

class Preparation {
 public:
  Preparation(Project& project, const RunOptions& options);
  [[nodiscard]] const std::optional<trainer::Model>& model() const { return model_; }
  [[nodiscard]] std::unique_ptr<Prepared> prepare(const Check& check, const Json& parameters);

 private:
  [[nodiscard]] std::vector<std::string> keys_for(const Check& check);
  [[nodiscard]] std::string missing(const Check& check) const;
  void predict(const std::vector<std::string>& keys, bool with_labels);
  void load_flags(Prepared& prepared) const;
  void load_splits(Prepared& prepared) const;
  void load_failures(const Check& check, Prepared& prepared) const;
  [[nodiscard]] std::vector<TrainingEnd> training_ends() const;
  void load_labels(const Check& check, Prepared& prepared) const;
  void load_reference(const Check& check, Prepared& prepared);
  void load_outputs(const Check& check, Prepared& prepared, const std::vector<std::string>& keys);
  void load_embeddings(Prepared& prepared, const std::vector<std::string>& keys);

  Project& project_;
  const RunOptions& options_;
  std::optional<trainer::Model> model_;
  std::set<std::string> training_keys_;
};

// The hash of everything that a check's result depends on: same key, same findings.
[[nodiscard]] std::string input_key(const Check& check, const std::string& model,
                                    const Prepared& prepared);

}  // namespace spotter::checks
