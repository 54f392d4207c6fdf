// What happened next judges what was predicted: labels for free, for as long as data come in.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "domain/track.h"
#include "kernels/trajectories.h"
#include "loop/checks/check.h"

namespace spotter::checks {
namespace {

double rounded(double metres) {
  return std::round(metres * 1000) / 1000;
}

// Whether the model may have learned from what it is to foresee here: then it would be marked for
// remembering. Within a recording, only what begins after the end of its training data counts, that
// end lying `horizon` steps after the last training window.
bool foreseen(const CheckInput& input, std::size_t s, std::int64_t horizon) {
  const auto& sample = input.samples[s];
  if (input.splits[s] == "train" || input.splits[s] == "val") {
    return false;
  }
  const auto end =
      std::find_if(input.training_ends.begin(), input.training_ends.end(),
                   [&](const TrainingEnd& known) { return known.source == sample.source; });
  if (end == input.training_ends.end()) {
    return true;  // nothing of this recording was learned from
  }
  return sample.captured_at > 0 && end->captured_at > 0 ? sample.captured_at > end->captured_at
                                                        : sample.frame > end->frame + horizon;
}

struct Limits {
  double metres;
  double share;
};

// What is wrong with the paths that the model proposed; nothing when the most probable one came
// close enough.
void report_path(const Sample& sample, const Label& label, const Prediction& said,
                 const Limits& limits, CheckOutput& output) {
  const auto future = future_of(label);
  std::vector<PointPath> paths;
  double likeliest = 0;
  for (auto& mode : modes_of(said)) {
    likeliest = paths.empty() ? mode.probability : likeliest;
    paths.push_back(std::move(mode.path));
  }
  if (paths.empty()) {
    return;
  }
  const double off = kernels::final_displacement(paths[0], future);
  const double travelled =
      std::hypot(future.back()[0] - future.front()[0], future.back()[1] - future.front()[1]);
  const double excess = off / std::max(limits.metres, limits.share * travelled);
  if (excess <= 1) {
    return;
  }
  const auto best = kernels::best_of(paths, future, paths.size());
  const Json evidence = {
      {"final_error_m", rounded(off)},
      {"average_error_m", rounded(kernels::average_displacement(paths[0], future))},
      {"best_final_error_m", rounded(best.fde)},
      {"travelled_m", rounded(travelled)},
      {"probability", rounded(likeliest)},
      {"model_error", 0.9}};
  output.findings.push_back({.sample = sample.key,
                             .object = "p0",
                             .error = "wrong_future",
                             .class_name = label.class_name,
                             .score = excess / (excess + 1),
                             .evidence = evidence.dump()});
}

void judge_paths(const CheckInput& input, CheckOutput& output) {
  const Limits limits{input.number("metres"), input.number("share")};
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    const auto* labels = input.labels[s];
    const auto* said = input.outputs[s];
    if (labels == nullptr || said == nullptr || labels->labels.empty() ||
        said->set.predictions.empty()) {
      continue;
    }
    const auto& label = labels->labels[0];
    const auto steps = static_cast<std::int64_t>(future_of(label).size());
    if (label.ignore || steps == 0 || !foreseen(input, s, steps)) {
      continue;
    }
    output.examined[s] = 1;
    output.objects.push_back({s, label.class_name, 1});
    report_path(input.samples[s], label, said->set.predictions[0], limits, output);
  }
}

// A detection of a track, and where it is found.
struct Seen {
  std::size_t sample = 0;
  std::size_t prediction = 0;
  std::int64_t frame = 0;
};

Box moved_on(const Box& before, const Box& now) {
  return {2 * now.x1 - before.x1, 2 * now.y1 - before.y1, 2 * now.x2 - before.x2,
          2 * now.y2 - before.y2};
}

// The detections of each track of each recording, by frame.
std::map<std::pair<std::string, std::string>, std::vector<Seen>> tracks_of(
    const CheckInput& input) {
  std::map<std::pair<std::string, std::string>, std::vector<Seen>> tracks;
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    const auto& sample = input.samples[s];
    if (input.outputs[s] == nullptr || sample.sequence.empty() || !foreseen(input, s, 0)) {
      continue;
    }
    const auto& predictions = input.outputs[s]->set.predictions;
    for (std::size_t p = 0; p < predictions.size(); ++p) {
      if (!predictions[p].track.empty()) {
        tracks[{sample.sequence, predictions[p].track}].push_back({s, p, sample.frame});
      }
    }
  }
  for (auto& [name, track] : tracks) {
    std::sort(track.begin(), track.end(),
              [](const Seen& a, const Seen& b) { return a.frame < b.frame; });
  }
  return tracks;
}

// Where a tracked detection is after two frames, against where those two said that it would be.
void judge_boxes(const CheckInput& input, CheckOutput& output) {
  const double overlap_min = input.number("overlap");
  const auto at = [&](const Seen& seen) -> const Prediction& {
    return input.outputs[seen.sample]->set.predictions[seen.prediction];
  };
  for (const auto& [name, track] : tracks_of(input)) {
    for (std::size_t i = 2; i < track.size(); ++i) {
      if (track[i].frame != track[i - 1].frame + 1 ||
          track[i - 1].frame != track[i - 2].frame + 1) {
        continue;
      }
      const auto& now = at(track[i]);
      const Box expected = moved_on(at(track[i - 2]).box, at(track[i - 1]).box);
      const double overlap = expected.valid() ? iou(expected, now.box) : 0;
      output.examined[track[i].sample] = 1;
      if (overlap >= overlap_min) {
        continue;
      }
      const Json evidence = {{"overlap", rounded(overlap)},
                             {"track", name.second},
                             {"expected", {expected.x1, expected.y1, expected.x2, expected.y2}}};
      output.findings.push_back({.sample = input.samples[track[i].sample].key,
                                 .object = fmt::format("p{}", track[i].prediction),
                                 .error = "wrong_future",
                                 .class_name = now.class_name,
                                 .score = 1 - overlap,
                                 .box = now.box,
                                 .evidence = evidence.dump()});
    }
  }
}

CheckOutput run(const CheckInput& input) {
  CheckOutput output;
  output.examined.assign(input.samples.size(), 0);
  if (input.task == "trajectory") {
    judge_paths(input, output);
  } else {
    judge_boxes(input, output);
  }
  return output;
}

constexpr std::array<std::string_view, 2> kTasks = {"trajectory", "detection"};
constexpr std::array kParams = {
    Param{.name = "metres",
          .number = kernels::kMissMetres,
          .high = 1000,
          .summary = "a path that ends further off than this is wrong"},
    Param{.name = "share",
          .number = 0.25,
          .summary = "of the way that the agent went, where that is more"},
    Param{.name = "overlap",
          .number = 0.3,
          .summary = "of a tracked box with where its last two boxes said it would be; less is "
                     "wrong"},
};

}  // namespace

extern const Check hindsight;
const Check hindsight = {
    .name = "hindsight",
    .summary = "Predictions of what happens next against what happened",
    .method =
        "Once it is known where an agent went, the path that the model thought most probable is "
        "compared with it. It is a `wrong_future` when its end is off by more than `metres`, or by "
        "more than `share` of the way that the agent went, if that is more; the score is x / (x + "
        "1) of the error x in units of that limit. No person is needed: importing the longer "
        "recording brings the label, and the same label trains the next model. What the model may "
        "have learned from is not judged: nothing of its training and validation splits, and of a "
        "recording that it learned from only what begins after the end of that training data. "
        "With boxes, a detection that carries a track is compared with where its track's last two "
        "boxes said that it would be, at constant velocity.",
    .tasks = kTasks,
    .needs = kNeedsLabels | kNeedsPredictions | kNeedsSplits,
    .population = Population::kUnseen,
    .params = kParams,
    .run = run,
};

}  // namespace spotter::checks
