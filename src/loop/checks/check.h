// A check as a value: one feedback channel that looks at samples and says what is suspicious. Pure:
// data and parameters in, findings out; run.cc prepares the data and stores the findings. To add
// one, write loop/checks/<name>.cc and a line in registry.cc; help, docs and parameter checks come
// from the value.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "domain/annotation.h"
#include "domain/finding.h"
#include "domain/sample.h"
#include "store/lake/lake.h"
#include "trainer/trainer.h"

namespace spotter::checks {

// A parameter that spotter.yaml may set: a number between `low` and `high`, or a text if `text` is
// given.
struct Param {
  std::string_view name;
  double number = 0;
  double low = 0;
  double high = 1;
  std::string_view text = {};
  std::string_view summary;
};

// Which data a check wants prepared.
enum Need : std::uint32_t {
  kNeedsFlags = 1,
  kNeedsLabels = 2,
  kNeedsSensor = 4,  // the layer named by the parameter "layer"
  kNeedsPredictions = 8,
  kNeedsEmbeddings = 16,  // of the examined samples and of the model's training samples
  kNeedsReference = 32,   // labelled samples (of the training version) with the sensor layer
  kNeedsSplits = 64,      // the split of each sample in the model's version, else the newest; and
                          // how far its training data reach
  kUsesSensor = 128,      // the same layer as kNeedsSensor, but it may be missing
  kUsesFailures = 256,    // what other checks found last
};

// How far the model's training data reach in a recording.
struct TrainingEnd {
  std::string source;
  std::int64_t frame = 0;
  TimeMs captured_at = 0;  // 0 = unknown
};

// Which samples a check looks at when nobody names any.
enum class Population {
  kAll,
  kLabelled,  // have people's labels
  kUnseen,    // are not in the training split of the model's dataset version
};

// What another check says of each sample: how many objects it judged, and how many of them it says
// the model gets wrong. What a person has refuted is left out.
struct FailureCounts {
  std::string check;
  std::vector<std::int64_t> objects;  // aligned with the samples
  std::vector<std::int64_t> failing;
};

// A person's remark about a sample (table flags).
struct Flag {
  std::string id;
  std::string sample;
  std::string reason;
  std::string author;
  Box box;  // empty = the whole sample
  TimeMs created_at = 0;
};

struct CheckInput {
  std::string_view task;                 // detection, classification, trajectory
  std::span<const std::string> classes;  // the project's, in order
  std::span<const Sample> samples;
  // Aligned with `samples`; null = there is none. Empty when not needed.
  std::vector<const LabelSet*> labels;
  std::vector<const LabelSet*> sensor;
  std::vector<const lake::ModelOutput*> outputs;
  std::vector<std::string> splits;         // "train", "val", "test" or "" = in none
  std::vector<TrainingEnd> training_ends;  // with the splits: one a recording learned from
  std::vector<Flag> flags;
  std::vector<FailureCounts> failures;  // of checks that judge object by object
  trainer::Embeddings embeddings;       // of those samples that have one
  trainer::Embeddings training_embeddings;
  std::vector<std::string> training_scenes;  // aligned with training_embeddings.keys
  // Of the training set, where both labels and sensor are known; aligned with each other.
  std::vector<Sample> reference_samples;
  std::vector<const LabelSet*> reference_labels;
  std::vector<const LabelSet*> reference_sensor;
  std::vector<const lake::ModelOutput*> reference_outputs;  // null = no prediction is known
  const Json* parameters = nullptr;                         // complete: see resolve

  [[nodiscard]] double number(std::string_view name) const;
};

// How many objects of a class the check looked at in one sample: what its findings are a share of.
struct ExaminedObjects {
  std::size_t sample = 0;  // index
  std::string class_name;
  std::int64_t count = 0;
};

struct CheckOutput {
  std::vector<Finding> findings;       // without id, run, check, model and time: run.cc adds them
  std::vector<std::uint8_t> examined;  // a flag for each sample: whether it could be judged at all
  std::vector<ExaminedObjects> objects;  // of checks that judge object by object; else empty
};

struct Check {
  std::string_view name;
  std::string_view summary;  // one line, no full stop
  std::string_view method;   // what it computes, one paragraph, for the reference page
  std::span<const std::string_view> tasks = {};  // of detection, …; empty = every task
  std::uint32_t needs = 0;
  Population population = Population::kAll;
  std::span<const Param> params;
  CheckOutput (*run)(const CheckInput& input) = nullptr;
};

// Every check in the order of the registry.
[[nodiscard]] std::span<const Check* const> all_checks();
// Throws kNotFound with "did you mean".
[[nodiscard]] const Check& find_check(std::string_view name);

// Defaults of the check with `given` laid over. Throws kInvalid for an unknown name or a wrong
// value.
[[nodiscard]] Json resolve(const Check& check, const Json& given);

// The page docs/reference/checks.md.
[[nodiscard]] std::string reference_page();

}  // namespace spotter::checks
