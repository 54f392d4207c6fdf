// Findings: what checks say is wrong with a sample or an object in it.
#pragma once
#include <cstdint>
#include <string>

#include "base/time.h"
#include "domain/geometry.h"

namespace spotter {

struct Finding {
  std::string id;         // "finding_…", deterministic from check run, sample and object
  std::string check_run;  // the run of a check that found it
  std::string check;      // "lidar_disagreement", "flags", …
  std::string model;      // whose output is doubted, empty = none
  std::string sample;
  std::string object;  // label, lidar cluster or prediction index as text; empty = the whole sample
  std::string
      error;  // kind of error: "miss", "false_alarm", "wrong_class", "bad_box", "novel", "flagged"
  std::string class_name;  // of the object, if known
  double score = 0;        // 0..1, comparable within one check only; 1 = most suspicious
  Box box;                 // where, in pixels of the upright image; empty box = the whole sample
  std::string evidence;    // JSON object: what the check saw, for people
  TimeMs created_at = 0;
};

}  // namespace spotter
