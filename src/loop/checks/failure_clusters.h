// Failures that lie together in embedding space, of which the metadata need not know: part of the
// check embeddings. Private to this folder.
#pragma once
#include "loop/checks/check.h"

namespace spotter::checks {

// Adds `failure_cluster` findings: for each other check, groups of look-alike pictures in which it
// says more often than elsewhere that the model is wrong (kernels/look_alikes.h: learned on one
// half of the scenes, confirmed on the other). `level` is the false discovery rate over all of
// them.
void find_failure_clusters(const CheckInput& input, double level, CheckOutput& output);

}  // namespace spotter::checks
