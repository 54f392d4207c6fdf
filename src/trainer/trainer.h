// The trainer contract from Spotter's side: manifests out, jobs on an executor, models and
// predictions in. Loop steps train and predict only through here; docs/internals/trainer.md is the
// contract itself.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "project/project.h"

namespace spotter::trainer {

using Progress = std::function<void(double fraction, std::string_view message)>;

struct FitRequest {
  std::string kind = "train";   // train, control, random
  std::string dataset_version;  // splits train and val are used
  std::vector<std::string>
      without;             // sample keys left out (the control trains on the parent version)
  std::string init_model;  // warm start, empty = from scratch
  Json parameters = Json::object();  // laid over the configuration's
  std::uint64_t seed = 1;
  std::string name;   // of the model; empty = the next "m<number>"
  std::string cycle;  // for the job's deterministic name and the ledger
  std::string step = "train";
  std::string executor;  // empty = the configuration's
  int samples_max = 0;   // a pinch for rehearsals; 0 = all
};

struct FitResult {
  std::string run;
  std::string model;  // id of the registered model
  double seconds = 0;
  double cpu_seconds = 0;
  Json metrics;
};

// Trains and registers a model. Finds its job again if it was started before (same cycle, step,
// kind): a caller that was killed just calls again. Throws kInvalid for wrong data or configuration
// and kUnavailable when the infrastructure failed after retries; the message ends with the last
// lines of the job's log.
FitResult fit(Project& project, const FitRequest& request, const Progress& progress);
// The same for several arms (challenger, control, random), side by side where cores allow. Throws
// for the first that failed, after all have ended; those that are done stay registered and are not
// trained again.
std::vector<FitResult> fit_all(Project& project, std::span<const FitRequest> requests,
                               const Progress& progress);

struct PredictRequest {
  std::string model;
  std::vector<std::string> keys;  // samples; those already predicted by this model are reused
  std::string labels_version;     // labels for the loss; empty = current labels where there are any
  bool labels = false;            // whether to send labels at all
  bool again = false;             // predict again even if stored
  std::string cycle;
  std::string step = "evaluate";
};
struct PredictResult {
  std::size_t predicted = 0;
  std::size_t reused = 0;
  double cpu_seconds = 0;
};
// Makes sure that the lake holds the model's predictions for the keys.
PredictResult predict(Project& project, const PredictRequest& request, const Progress& progress);

// A model by id, name or alias ("champion"); throws kNotFound with "did you mean".
struct Model {
  std::string id;
  std::string name;
  std::string run;
  std::string dataset_version;
  std::string parent;
  Json definition;
  Json files;
  TimeMs created_at = 0;
};
[[nodiscard]] Model find_model(Project& project, std::string_view name);
// Registers a model folder (model.json and files) that was made elsewhere. Same content = same
// model.
Model register_model(Project& project, const std::filesystem::path& folder, std::string_view name);
// Writes the model's files into `folder` (made if absent).
void checkout_model(Project& project, const Model& model, const std::filesystem::path& folder);

// Image embeddings of samples: rows × dimensions, float32, in the order of `keys`. Samples without
// one are left out; `present` says which rows they are.
struct Embeddings {
  std::vector<std::string> keys;
  std::size_t dimensions = 0;
  std::vector<float> values;  // keys.size() × dimensions, row-major
};
[[nodiscard]] Embeddings image_embeddings(Project& project, std::string_view model,
                                          std::span<const std::string> keys);

}  // namespace spotter::trainer
