#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "loop/label/batch.h"
#include "loop/label/label.h"
#include "project/ledger.h"
#include "trainer/command.h"

namespace spotter::label {
namespace {

void check_class(Project& project, const std::string& name) {
  if (project.config.task != "classification") {
    fail(ErrorCode::kInvalid,
         fmt::format("a picture has no class of its own where the task is {}: label its objects "
                     "in a batch",
                     project.config.task));
  }
  const auto known = trainer::class_names(project);
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    fail(ErrorCode::kInvalid,
         fmt::format("there is no class \"{}\"{}", name, did_you_mean(name, known)));
  }
}

}  // namespace

Json set_class(Project& project, const ClassOptions& options) {
  const std::vector<std::string> keys = {options.sample};
  const auto samples = project.lake->samples(keys);
  if (samples.empty()) {
    fail(ErrorCode::kNotFound, fmt::format("there is no sample \"{}\"", options.sample));
  }
  check_class(project, options.class_name);
  const auto current = project.lake->labels(keys, kLabelLayer);
  const bool labelled = !current.empty() && !current[0].labels.empty();
  const Json before = labelled ? Json(current[0].labels[0].class_name) : Json(nullptr);
  Label label = labelled ? current[0].labels[0] : Label{.object = "0"};
  label.class_name = options.class_name;
  label.box = {0, 0, static_cast<double>(samples[0].width), static_cast<double>(samples[0].height)};
  LabelSet set{.sample = options.sample,
               .author = project.person,
               .created_at = project.now(),
               .labels = {label}};
  const auto id = project.new_id("class");
  Json batches = Json::array();
  for (const auto& row : project.catalog->query(
           "SELECT DISTINCT batch FROM tasks WHERE sample = $1 AND state = 'open' ORDER BY batch",
           {options.sample})) {
    const Batch batch = find_batch(project, row.text(0));
    set.batch = batch.id;
    batches.push_back(batch.name);
    take_labels(project, batch, "class/" + id, std::span(&set, 1), keys, options.seconds);
  }
  if (batches.empty() && before != Json(options.class_name)) {
    project.lake->add_labels("class/" + id, std::span(&set, 1));
  }
  if (options.seconds > 0) {
    add_ledger(project, {.key = "class/" + id,
                         .step = "label",
                         .kind = "human",
                         .seconds = options.seconds,
                         .note = "said what a picture is"});
  }
  project.audit("label.class", options.sample, {{"class", options.class_name}, {"before", before}});
  return {{"sample", options.sample},
          {"class", options.class_name},
          {"before", before},
          {"batches", batches}};
}

}  // namespace spotter::label
