// Rows of flags: one identifier for one remark, so that saying it again adds nothing. Private to
// this step.
#pragma once
#include <string>

#include "project/project.h"

namespace spotter::ingest {

struct FlagRow {
  std::string sample;
  std::string reason;
  Box box;  // empty = the whole sample
  std::string author;
  std::string source;
};

[[nodiscard]] std::string flag_id(const FlagRow& row);
[[nodiscard]] bool has_flag(Project& project, const FlagRow& row);
// False: it was there.
bool add_flag(Project& project, const FlagRow& row);

}  // namespace spotter::ingest
