#include "formats/trajectory_rows.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <sstream>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "formats/rows.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;

struct Place {
  std::string agent;
  std::string frame;
  std::string x;
  std::string y;
};

// Gathers rows by agent and orders each agent's by frame.
class Agents {
 public:
  Agents(const fs::path& path, Rejects& rejects) : path_(path), rejects_(rejects) {}

  // The agent that the row was added to; null = the row was rejected.
  AgentTrack* add(const Place& place, std::size_t line) {
    const auto frame = parse_number(place.frame);
    const auto x = parse_number(place.x);
    const auto y = parse_number(place.y);
    if (!frame || !x || !y || !std::isfinite(*x) || !std::isfinite(*y)) {
      return reject(line, "frame, x and y must be finite numbers");
    }
    if (*frame != std::floor(*frame) || std::abs(*frame) > 9e15) {
      return reject(line, "the frame is no whole number");
    }
    const auto [it, fresh] = index_.emplace(place.agent, tracks_.size());
    if (fresh) {
      tracks_.push_back({.id = place.agent});
      lines_.emplace_back();
    }
    auto& track = tracks_[it->second];
    track.frames.push_back(static_cast<std::int64_t>(*frame));
    track.path.push_back({*x, *y});
    lines_[it->second].push_back(line);
    return &track;
  }

  AgentTrack* reject(std::size_t line, std::string reason) {
    rejects_.add(path_.string(), fmt::format("line {}", line), std::move(reason));
    return nullptr;
  }

  std::vector<AgentTrack> take() {
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
      order(tracks_[i], lines_[i]);
    }
    return std::move(tracks_);
  }

 private:
  void order(AgentTrack& track, const std::vector<std::size_t>& lines) {
    std::vector<std::size_t> rows(track.frames.size());
    std::iota(rows.begin(), rows.end(), 0);
    std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
      return track.frames[a] < track.frames[b];
    });
    AgentTrack sorted = {.id = track.id, .class_name = track.class_name, .focal = track.focal};
    for (const auto row : rows) {
      if (!sorted.frames.empty() && sorted.frames.back() == track.frames[row]) {
        reject(lines[row],
               fmt::format("agent \"{}\" is in frame {} twice", track.id, track.frames[row]));
        continue;
      }
      sorted.frames.push_back(track.frames[row]);
      sorted.path.push_back(track.path[row]);
    }
    track = std::move(sorted);
  }

  const fs::path& path_;
  Rejects& rejects_;
  std::map<std::string, std::size_t> index_;
  std::vector<AgentTrack> tracks_;
  std::vector<std::vector<std::size_t>> lines_;  // of each row of each track
};

void require_rows(const std::vector<AgentTrack>& tracks, const fs::path& path,
                  std::string_view kind) {
  if (tracks.empty()) {
    fail(ErrorCode::kInvalid, fmt::format("no row of {} in {}", kind, path.string()));
  }
}

// "12.0" and "12" name the same agent.
std::string agent_name(const std::string& text) {
  const auto number = parse_number(text);
  return number && *number == std::floor(*number) ? number_text(*number) : text;
}

}  // namespace

std::vector<AgentTrack> read_ucy_tracks(const fs::path& path, Rejects& rejects) {
  std::istringstream text(read_file(path));
  Agents agents(path, rejects);
  std::string line;
  for (std::size_t number = 1; std::getline(text, line); ++number) {
    std::istringstream fields(line);
    Place place;
    if (trim(line).empty()) {
      continue;
    }
    if (fields >> place.frame >> place.agent >> place.x >> place.y) {
      place.agent = agent_name(place.agent);
      agents.add(place, number);
    } else {
      agents.reject(number, "has fewer than four fields (frame, agent, x, y)");
    }
  }
  auto tracks = agents.take();
  require_rows(tracks, path, "frame, agent, x, y");
  return tracks;
}

std::vector<AgentTrack> read_argoverse_tracks(const fs::path& path, Rejects& rejects) {
  constexpr std::array kColumns = {"track_id",   "object_type", "timestep",
                                   "position_x", "position_y",  "focal_track_id"};
  std::istringstream text(read_file(path));
  std::string line;
  std::getline(text, line);
  const auto head = split(trim(line), ',');
  std::array<std::size_t, kColumns.size()> column{};
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    column[i] =
        static_cast<std::size_t>(std::find(head.begin(), head.end(), kColumns[i]) - head.begin());
    if (column[i] == head.size() && i + 1 < kColumns.size()) {
      fail(ErrorCode::kInvalid,
           fmt::format("this is no Argoverse scenario, for it has no column \"{}\": {}",
                       kColumns[i], path.string()));
    }
  }
  Agents agents(path, rejects);
  for (std::size_t number = 2; std::getline(text, line); ++number) {
    if (trim(line).empty()) {
      continue;
    }
    const auto fields = split(trim(line), ',');
    if (fields.size() != head.size()) {
      agents.reject(number, fmt::format("has {} fields and not {}", fields.size(), head.size()));
      continue;
    }
    auto* track = agents.add({.agent = fields[column[0]],
                              .frame = fields[column[2]],
                              .x = fields[column[3]],
                              .y = fields[column[4]]},
                             number);
    if (track != nullptr) {
      track->class_name = fields[column[1]];
      track->focal = column[5] < fields.size() && fields[column[5]] == track->id;
    }
  }
  auto tracks = agents.take();
  require_rows(tracks, path, "an Argoverse scenario");
  return tracks;
}

}  // namespace spotter::formats
