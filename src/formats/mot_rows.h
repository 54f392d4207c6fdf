// MOTChallenge text files: one box a line, `frame, id, left, top, width, height, confidence` and,
// depending on the year, class and visibility or a place in the world.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/rejects.h"
#include "domain/geometry.h"
#include "kernels/track_metrics.h"

namespace spotter::formats {

struct MotRow {
  std::int64_t frame = 0;
  std::int64_t track = 0;  // -1 in files of detections
  Box box;                 // pixels, as the file has them (MOTChallenge counts pixels from 1)
  double confidence = 1;   // of ground truth: 0 = not to be counted
  double class_id = -1;    // ground truth since 2016; -1 = not stated
  double visibility = -1;
};

// The rows of a file in its order; separated by commas or blanks, blank lines left out. Lines with
// fewer than six numbers, or numbers that are not finite or not whole where they must be, are
// rejected with file and line. Throws kNotFound, and kInvalid when no line at all can be taken.
[[nodiscard]] std::vector<MotRow> read_mot_file(const std::filesystem::path& path,
                                                Rejects& rejects);

// Which ground truth and which tracker output belong together.
struct MotSequence {
  std::string name;
  std::filesystem::path truth;
  std::filesystem::path outputs;
};

// Two files, or folders in the layouts of the MOTChallenge tools: truth in `SEQ/gt/gt.txt`,
// `SEQ/gt.txt` or `SEQ.txt`, output in `SEQ.txt`, `data/SEQ.txt` or `SEQ/test.txt`. By name. Throws
// kNotFound naming what is missing: a sequence without output is not left out quietly.
[[nodiscard]] std::vector<MotSequence> find_mot_sequences(const std::filesystem::path& truth,
                                                          const std::filesystem::path& outputs);

struct MotPair {
  kernels::TrackRows truths;
  kernels::TrackRows outputs;
  Rejects rejects;
};

// Both files of a sequence as columns; ground truth of confidence 0 is left out. Throws kInvalid
// where a track has two boxes in one frame (no score is defined then).
[[nodiscard]] MotPair read_mot_pair(const MotSequence& sequence);

}  // namespace spotter::formats
