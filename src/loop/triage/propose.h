// Applying a proposed change to the labels of one sample.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/proposal.h"
#include "project/project.h"

namespace spotter::triage {

// Whether two proposals are about one object: the same label, or two additions that overlap by
// half.
[[nodiscard]] bool same_change(const Proposal& a, const Proposal& b);

// Changes `set` as proposed; a new object gets the next free number. Throws kConflict when the
// label is not there any more or the one to add is there already, kInvalid for an unknown action or
// class, or a box that is not in the picture.
void apply_proposal(const Proposal& proposal, const Sample& sample,
                    const std::vector<std::string>& classes, LabelSet& set);

// People's labels of a sample as they were at a revision.
[[nodiscard]] LabelSet label_revision(Project& project, const std::string& sample,
                                      std::int64_t revision);

// Whether the labels are the same, in the same order, whatever their revision and author.
[[nodiscard]] bool same_labels(const LabelSet& a, const LabelSet& b);

}  // namespace spotter::triage
