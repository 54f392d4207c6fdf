#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <numbers>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "domain/track.h"
#include "formats/format.h"
#include "formats/rows.h"
#include "formats/trajectory_rows.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;

constexpr double kStepSeconds = 0.4;     // of the ETH and UCY recordings
constexpr std::size_t kBlockSteps = 60;  // of a scene: 24 s
// One agent's positions by step number.
using Positions = std::map<std::int64_t, Point>;

struct Recording {
  std::string name;
  std::int64_t last_step = 0;
  std::map<std::string, Positions> agents;
  std::map<std::int64_t, int> crowd;  // agents at each step
};

// The smallest distance between two frames that occur.
std::int64_t frame_step_of(const std::vector<AgentTrack>& agents) {
  std::set<std::int64_t> frames;
  for (const auto& agent : agents) {
    frames.insert(agent.frames.begin(), agent.frames.end());
  }
  std::int64_t step = 0;
  for (auto it = frames.begin(); it != frames.end(); ++it) {
    const auto next = std::next(it);
    if (next != frames.end() && (step == 0 || *next - *it < step)) {
      step = *next - *it;
    }
  }
  return step == 0 ? 1 : step;
}

Recording recording_of(const fs::path& file, Rejects& rejects) {
  const auto agents = read_ucy_tracks(file, rejects);
  const auto frame_step = frame_step_of(agents);
  Recording recording{.name = file.stem().string()};
  for (const auto& agent : agents) {
    for (std::size_t i = 0; i < agent.path.size(); ++i) {
      const auto step = agent.frames[i] / frame_step;
      recording.agents[agent.id].emplace(step, agent.path[i]);
      recording.last_step = std::max(recording.last_step, step);
      ++recording.crowd[step];
    }
  }
  return recording;
}

// The positions from `first` on, without a gap, at most `count`.
PointPath run_of(const Positions& positions, std::int64_t first, int count) {
  PointPath path;
  auto it = positions.find(first);
  for (std::int64_t step = first;
       it != positions.end() && it->first == step && static_cast<int>(path.size()) < count;
       ++step, ++it) {
    path.push_back(it->second);
  }
  return path;
}

double heading(const Point& from, const Point& to) {
  return std::atan2(to[1] - from[1], to[0] - from[0]);
}

// What slices can be made of.
Json facts_of(const PointPath& observed, int agents) {
  double length = 0;
  for (std::size_t i = 1; i < observed.size(); ++i) {
    length += std::hypot(observed[i][0] - observed[i - 1][0], observed[i][1] - observed[i - 1][1]);
  }
  const std::size_t last = observed.size() - 1;
  const double turn = std::remainder(
      heading(observed[last - 1], observed[last]) - heading(observed[0], observed[1]),
      2 * std::numbers::pi);
  return {
      {"speed_mps", std::round(100 * length / (static_cast<double>(last) * kStepSeconds)) / 100},
      {"turn_deg", std::round(std::abs(turn) * 180 / std::numbers::pi)},
      {"agents", agents}};
}

class Windows {
 public:
  Windows(const ReadOptions& options, ReadReport& report, const std::function<void(Record)>& take)
      : options_(options), report_(report), take_(take), classes_(options, report) {}

  void read(const fs::path& file) {
    const auto recording = recording_of(file, report_.rejects);
    for (const auto& [id, positions] : recording.agents) {
      for (const auto& [first, point] : positions) {
        window(recording, file, id, positions, first);
      }
    }
  }

  void finish() {
    report_.notes.push_back(
        fmt::format("one sample a window of {} positions seen and {} to come, {} s apart",
                    options_.observed, options_.predicted, kStepSeconds));
    if (crossing_ > 0) {
      report_.notes.push_back(
          fmt::format("{} windows that reach from one scene of {:.0f} s into the next are left "
                      "out, so that no split sees another's positions",
                      crossing_, kBlockSteps * kStepSeconds));
    }
    if (waiting_ > 0) {
      report_.notes.push_back(
          fmt::format("the future of {} windows is not known yet: import the longer recording "
                      "when it is",
                      waiting_));
    }
  }

 private:
  void window(const Recording& recording, const fs::path& file, const std::string& id,
              const Positions& positions, std::int64_t first) {
    auto path = run_of(positions, first, options_.observed + options_.predicted);
    const auto seen = static_cast<std::ptrdiff_t>(options_.observed);
    const bool known = std::ssize(path) == seen + options_.predicted;
    const auto now = first + seen - 1;
    const auto end = now + options_.predicted;
    // A track that breaks off has no future; at the end of the recording it may have one later.
    if (std::ssize(path) < seen || (!known && end <= recording.last_step)) {
      return;
    }
    const auto block = first / static_cast<std::int64_t>(kBlockSteps);
    if (end / static_cast<std::int64_t>(kBlockSteps) != block) {
      ++crossing_;
      return;
    }
    const PointPath observed(path.begin(), path.begin() + seen);
    Record record{.file = file.string(), .where = fmt::format("agent {} at step {}", id, now)};
    auto& sample = record.sample;
    sample.key = fmt::format("{}/{}/{}", recording.name, id, now);
    sample.media_type = kTrackMedia;
    sample.sequence = fmt::format("{}/{:03}", recording.name, block);
    sample.frame = now;
    sample.source = recording.name;
    sample.attributes = facts_of(observed, recording.crowd.at(now)).dump();
    record.media = track_media({.observed = observed, .dt = kStepSeconds});
    if (known && classes_.problem(kAgentClass).empty()) {
      LabelSet set = whole_label(kAgentClass);
      set.labels[0].attributes = future_attributes({path.begin() + seen, path.end()});
      record.labels = {std::move(set)};
      ++report_.objects;
    } else {
      ++waiting_;
    }
    ++report_.records;
    take_(std::move(record));
  }

  const ReadOptions& options_;
  ReadReport& report_;
  const std::function<void(Record)>& take_;
  ClassNames classes_;
  std::size_t crossing_ = 0;
  std::size_t waiting_ = 0;
};

std::vector<fs::path> files_of(const fs::path& path) {
  if (!fs::is_directory(path)) {
    return {path};
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(path)) {
    const auto name = to_lower(entry.path().filename().string());
    if (entry.is_regular_file() && name.ends_with(".txt") && !name.starts_with("license") &&
        !name.starts_with("readme")) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

// The first line of the first file is four numbers.
bool sniff(const fs::path& path) {
  const auto files = files_of(path);
  if (files.empty()) {
    return false;
  }
  std::ifstream in(files.front());
  std::string line;
  std::getline(in, line);
  std::replace_if(line.begin(), line.end(), [](char c) { return c == '\t' || c == '\r'; }, ' ');
  std::size_t count = 0;
  for (const auto& word : split(line, ' ')) {
    count += parse_number(word) ? 1 : 0;
  }
  return count == 4;
}

ReadReport read(const fs::path& path, const ReadOptions& options,
                const std::function<void(Record)>& take) {
  const auto files = files_of(path);
  if (files.empty()) {
    fail(ErrorCode::kInvalid, fmt::format("no .txt file of tracks: {}", path.string()));
  }
  if (options.observed < 2 || options.predicted < 1) {
    fail(ErrorCode::kInvalid, "a window has at least 2 positions seen and 1 to come");
  }
  ReadReport report;
  Windows windows(options, report, take);
  for (const auto& file : files) {
    windows.read(file);
  }
  windows.finish();
  return report;
}

}  // namespace

extern constinit const Format format_ucy;
constinit const Format format_ucy = {
    .name = "ucy",
    .summary = "Tracks of agents as text, as the ETH and UCY recordings have them",
    .layout = "a .txt with a line \"frame id x y\" for each agent and moment, or a folder of them",
    .sniff = sniff,
    .read = read,
    .write = nullptr,
};

}  // namespace spotter::formats
