#include "formats/mot_rows.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFieldsMin = 6;
constexpr std::size_t kFieldsMax = 9;  // the rest of a line is not looked at
constexpr double kWholeMax = 9e15;

bool is_separator(char c) {
  return c == ',' || c == ' ' || c == '\t' || c == '\r' || c == ';';
}

struct Fields {
  std::array<double, kFieldsMax> values{};
  std::size_t count = 0;
  bool broken = false;  // a field that is no number
};

Fields fields_of(std::string_view line) {
  Fields fields;
  const char* at = line.data();
  const char* const end = at + line.size();
  while (fields.count < kFieldsMax) {
    while (at != end && is_separator(*at)) {
      ++at;
    }
    if (at == end) {
      break;
    }
    const auto [next, error] = std::from_chars(at, end, fields.values[fields.count]);
    if (error != std::errc() || (next != end && !is_separator(*next))) {
      fields.broken = true;
      break;
    }
    ++fields.count;
    at = next;
  }
  return fields;
}

bool whole(double value) {
  return std::abs(value) < kWholeMax && value == std::floor(value);
}

// Empty if the fields make a row, else why not.
std::string problem_of(const Fields& fields) {
  if (fields.count < kFieldsMin) {
    return fields.broken ? fmt::format("field {} is no number", fields.count + 1)
                         : "has fewer than six numbers (frame, id, left, top, width, height)";
  }
  for (std::size_t i = 0; i < fields.count; ++i) {
    if (!std::isfinite(fields.values[i])) {
      return fmt::format("field {} is not finite", i + 1);
    }
  }
  if (!whole(fields.values[0]) || !whole(fields.values[1])) {
    return "frame and id must be whole numbers";
  }
  if (fields.values[4] < 0 || fields.values[5] < 0) {
    return "the box has a negative width or height";
  }
  return "";
}

MotRow row_of(const Fields& fields) {
  const auto& v = fields.values;
  MotRow row = {.frame = static_cast<std::int64_t>(v[0]),
                .track = static_cast<std::int64_t>(v[1]),
                .box = {v[2], v[3], v[2] + v[4], v[3] + v[5]}};
  if (fields.count > 6) {
    row.confidence = v[6];
  }
  if (fields.count > 7) {
    row.class_id = v[7];
  }
  if (fields.count > 8) {
    row.visibility = v[8];
  }
  return row;
}

// Columns by frame; rows of one frame stay in the file's order.
kernels::TrackRows columns_of(const std::vector<MotRow>& rows, const fs::path& path) {
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return rows[a].frame < rows[b].frame; });
  kernels::TrackRows columns;
  std::vector<std::int64_t> seen;  // tracks of the frame
  for (std::size_t i = 0; i < order.size(); ++i) {
    const MotRow& row = rows[order[i]];
    columns.frame.push_back(row.frame);
    columns.track.push_back(row.track);
    columns.box.push_back(row.box);
    seen.push_back(row.track);
    if (i + 1 < order.size() && rows[order[i + 1]].frame == row.frame) {
      continue;
    }
    std::sort(seen.begin(), seen.end());
    if (const auto twice = std::adjacent_find(seen.begin(), seen.end()); twice != seen.end()) {
      fail(ErrorCode::kInvalid,
           fmt::format("id {} has two boxes in frame {}: a track has one box a frame, and "
                       "detections without tracks have no score here: {}",
                       *twice, row.frame, path.string()));
    }
    seen.clear();
  }
  return columns;
}

// The sequence that a file of ground truth belongs to.
std::string sequence_name(const fs::path& truth) {
  auto path = fs::absolute(truth).lexically_normal();
  auto name = path.stem().string();
  while (name == "gt" && path.has_parent_path() && path != path.parent_path()) {
    path = path.parent_path();
    name = path.filename().string();
  }
  return name;
}

std::optional<fs::path> truth_in(const fs::path& folder) {
  for (const char* own : {"gt/gt.txt", "gt.txt"}) {
    if (fs::is_regular_file(folder / own)) {
      return folder / own;
    }
  }
  return std::nullopt;
}

// Text files beside folders of sequences are licences and lists.
std::vector<fs::path> truth_files(const fs::path& folder) {
  if (const auto own = truth_in(folder)) {
    return {*own};
  }
  std::vector<fs::path> in_folders;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory()) {
      if (const auto own = truth_in(entry.path())) {
        in_folders.push_back(*own);
      }
    } else if (entry.path().extension() == ".txt") {
      files.push_back(entry.path());
    }
  }
  if (!in_folders.empty()) {
    files = std::move(in_folders);
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    fail(ErrorCode::kNotFound,
         fmt::format("no ground truth (SEQ/gt/gt.txt, SEQ/gt.txt or SEQ.txt) in {}",
                     folder.string()));
  }
  return files;
}

fs::path output_file(const fs::path& folder, const std::string& name) {
  const std::array candidates = {folder / (name + ".txt"), folder / "data" / (name + ".txt"),
                                 folder / name / "test.txt", folder / "test.txt"};
  for (const auto& candidate : candidates) {
    if (fs::is_regular_file(candidate)) {
      return candidate;
    }
  }
  fail(ErrorCode::kNotFound,
       fmt::format("sequence \"{}\" has ground truth but no tracker output: no {}", name,
                   candidates[0].string()));
}

void require_there(const fs::path& path) {
  if (!fs::exists(path)) {
    fail(ErrorCode::kNotFound, fmt::format("no such file or folder: {}", path.string()));
  }
}

}  // namespace

std::vector<MotRow> read_mot_file(const fs::path& path, Rejects& rejects) {
  const std::string text = read_file(path);
  std::vector<MotRow> rows;
  std::size_t line_number = 0;
  std::size_t refused = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const Fields fields = fields_of(std::string_view(text).substr(at, end - at));
    at = end + 1;
    ++line_number;
    if (fields.count == 0 && !fields.broken) {
      continue;
    }
    if (auto problem = problem_of(fields); !problem.empty()) {
      rejects.add(path.string(), fmt::format("line {}", line_number), std::move(problem));
      ++refused;
      continue;
    }
    rows.push_back(row_of(fields));
  }
  if (rows.empty() && refused > 0) {
    fail(ErrorCode::kInvalid,
         fmt::format("none of the {} lines is a MOTChallenge row (frame, id, left, top, width, "
                     "height, …): {}",
                     refused, path.string()));
  }
  return rows;
}

std::vector<MotSequence> find_mot_sequences(const fs::path& truth, const fs::path& outputs) {
  require_there(truth);
  require_there(outputs);
  const auto files = fs::is_directory(truth) ? truth_files(truth) : std::vector{truth};
  const bool many_outputs = fs::is_directory(outputs);
  if (files.size() > 1 && !many_outputs) {
    fail(ErrorCode::kInvalid,
         fmt::format("there are {} sequences of ground truth but one file of tracker output; give "
                     "the folder with an output a sequence: {}",
                     files.size(), outputs.string()));
  }
  std::vector<MotSequence> sequences;
  for (const auto& file : files) {
    const auto name = sequence_name(file);
    sequences.push_back({name, file, many_outputs ? output_file(outputs, name) : outputs});
  }
  return sequences;
}

MotPair read_mot_pair(const MotSequence& sequence) {
  MotPair pair;
  auto truths = read_mot_file(sequence.truth, pair.rejects);
  std::erase_if(truths, [](const MotRow& row) { return row.confidence == 0; });
  pair.truths = columns_of(truths, sequence.truth);
  pair.outputs = columns_of(read_mot_file(sequence.outputs, pair.rejects), sequence.outputs);
  return pair;
}

}  // namespace spotter::formats
