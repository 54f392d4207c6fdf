// Writes a batch of fitted records to the stores: only what is new or different, each part exactly
// once. Private to this step.
#pragma once
#include <vector>

#include "loop/ingest/ingest.h"

namespace spotter::ingest {

// A record whose sample is settled: known, or to be added.
struct Ready {
  formats::Record record;  // record.sample.key is the project's
  bool is_new = false;
};

struct WriteContext {
  std::string author;    // of labels
  std::string model_id;  // of predictions
  std::string flag_source;
  std::int64_t snapshot = 0;  // of the lake when the import began: part of the write keys, so that
                              // going back to earlier labels is a new write
  bool dry_run = false;
};

// Adds to the report's counts. Order: samples, labels, predictions, flags; killed in between, the
// next run finds what is missing by comparing.
void write_batch(Project& project, std::vector<Ready>& batch, const WriteContext& context,
                 ImportReport& report);

// Whether both say the same: classes, marks, tracks, attributes, and boxes within 0.01 px, in any
// order.
[[nodiscard]] bool same_labels(std::vector<Label> a, std::vector<Label> b);

}  // namespace spotter::ingest
