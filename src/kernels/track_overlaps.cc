#include "kernels/track_overlaps.h"

#include <algorithm>

#include "base/error.h"

namespace spotter::kernels {
namespace {

std::size_t at(std::int32_t index) {
  return static_cast<std::size_t>(index);
}

// Tracks numbered from 0 by rising id; counts the rows of each.
std::vector<std::int32_t> number_tracks(const std::vector<std::int64_t>& ids,
                                        std::vector<std::int64_t>& lengths) {
  std::vector<std::int64_t> known = ids;
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  lengths.assign(known.size(), 0);
  std::vector<std::int32_t> numbers(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto number = std::lower_bound(known.begin(), known.end(), ids[i]) - known.begin();
    numbers[i] = static_cast<std::int32_t>(number);
    ++lengths[at(numbers[i])];
  }
  return numbers;
}

}  // namespace

TrackOverlaps::TrackOverlaps(const TrackRows& truths, const TrackRows& outputs)
    : truth_track_(number_tracks(truths.track, truth_lengths_)),
      output_track_(number_tracks(outputs.track, output_lengths_)) {
  require(std::is_sorted(truths.frame.begin(), truths.frame.end()) &&
              std::is_sorted(outputs.frame.begin(), outputs.frame.end()),
          "tracks come by rising frame");
  std::size_t t = 0;
  std::size_t o = 0;
  while (t < truths.size() || o < outputs.size()) {
    const auto frame = o == outputs.size()  ? truths.frame[t]
                       : t == truths.size() ? outputs.frame[o]
                                            : std::min(truths.frame[t], outputs.frame[o]);
    const std::size_t first_truth = t;
    const std::size_t first_output = o;
    while (o < outputs.size() && outputs.frame[o] == frame) {
      ++o;
    }
    for (; t < truths.size() && truths.frame[t] == frame; ++t) {
      for (std::size_t k = first_output; k < o; ++k) {
        if (const double overlap = iou(truths.box[t], outputs.box[k]); overlap > 0) {
          overlaps_.push_back({.truth = static_cast<std::int32_t>(t - first_truth),
                               .output = static_cast<std::int32_t>(k - first_output),
                               .iou = overlap});
        }
      }
    }
    frames_.push_back({t, o, overlaps_.size()});
  }
  number_pairs();
}

TrackFrame TrackOverlaps::frame(std::size_t index) const {
  const Ends from = index == 0 ? Ends{} : frames_[index - 1];
  const Ends to = frames_[index];
  const auto part = [](const auto& all, std::size_t begin, std::size_t end) {
    return std::span(all).subspan(begin, end - begin);
  };
  return {.truths = part(truth_track_, from.truths, to.truths),
          .outputs = part(output_track_, from.outputs, to.outputs),
          .overlaps = part(overlaps_, from.overlaps, to.overlaps)};
}

// Overlaps are gathered by truth track (counting sort), so that one row over the output tracks is
// enough to tell known pairs from new ones.
void TrackOverlaps::number_pairs() {
  std::vector<TrackPair> tracks;  // of each overlap
  tracks.reserve(overlaps_.size());
  std::vector<std::size_t> place(truth_lengths_.size() + 1, 0);
  for (std::size_t f = 0; f < frames_.size(); ++f) {
    const TrackFrame shown = frame(f);
    for (const auto& overlap : shown.overlaps) {
      tracks.push_back({shown.truths[at(overlap.truth)], shown.outputs[at(overlap.output)]});
      ++place[at(tracks.back().truth) + 1];
    }
  }
  for (std::size_t i = 1; i < place.size(); ++i) {
    place[i] += place[i - 1];
  }
  std::vector<std::size_t> by_truth(overlaps_.size());
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    by_truth[place[at(tracks[i].truth)]++] = i;
  }
  std::vector<std::int32_t> pair_of(output_lengths_.size(), -1);
  std::int32_t first_of_truth = 0;
  for (const auto i : by_truth) {
    const auto [truth, output] = tracks[i];
    if (pairs_.empty() || pairs_.back().truth != truth) {
      first_of_truth = static_cast<std::int32_t>(pairs_.size());
    }
    if (pair_of[at(output)] < first_of_truth) {
      pair_of[at(output)] = static_cast<std::int32_t>(pairs_.size());
      pairs_.push_back(tracks[i]);
    }
    overlaps_[i].pair = pair_of[at(output)];
  }
}

}  // namespace spotter::kernels
