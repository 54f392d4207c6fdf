#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "kernels/trajectories.h"
#include "nn/defaults.h"
#include "nn/path_net.h"
#include "nn/task.h"
#include "nn/tracks.h"

namespace spotter::nn {
namespace {

constexpr int kBatch = 64;
constexpr std::size_t kChunk = 1024;    // tracks answered at a time
constexpr std::size_t kProposals = 3;   // of minADE_3 and minFDE_3
constexpr double kNearestWeight = 0.1;  // of the way on that was nearest to what happened
constexpr double kChanceWeight = 0.1;   // of how likely each is to be that one

PathNetImpl& net_of(const Model& model) {
  return *model.net->as<PathNet>();
}

std::shared_ptr<torch::nn::Module> make(std::size_t /*classes*/, const TrainParams& params) {
  return PathNet(params).ptr();
}

// Points in the track's own frame, written one after the other.
float* put(const PointPath& path, const GroundFrame& frame, float mirror, float* out) {
  for (const auto& point : path) {
    const auto turned = frame.into(point);
    *out++ = static_cast<float>(turned[0]);
    *out++ = mirror * static_cast<float>(turned[1]);
  }
  return out;
}

torch::Tensor observed_of(std::span<const TrackItem> items) {
  const auto steps = static_cast<std::int64_t>(items.front().track.observed.size());
  auto tensor = torch::empty({static_cast<std::int64_t>(items.size()), steps, 2});
  auto* out = tensor.data_ptr<float>();
  for (const auto& item : items) {
    out = put(item.track.observed, frame_of(item.track.observed), 1, out);
  }
  return tensor;
}

// Mean distance to the truth of each mode: batch × modes.
torch::Tensor errors_of(const Ways& ways, const torch::Tensor& future) {
  const auto off = ways.paths - future.unsqueeze(1);
  return (off.square().sum(3) + 1e-6).sqrt().mean(2);
}

class Paths final : public Lessons {
 public:
  explicit Paths(std::vector<TrackItem> items) : items_(std::move(items)) {}
  [[nodiscard]] std::size_t size() const override { return items_.size(); }

  // The first way on learns from every track, so that it is the one to expect; of all only the
  // nearest to what happened learns beside (Gupta et al. 2018, the best of k). By that race alone
  // every way moves to one side, and the most probable loses to going straight on.
  [[nodiscard]] torch::Tensor loss(const Model& model, std::span<const std::size_t> chosen,
                                   Rng& rng) const override {
    const auto count = static_cast<std::int64_t>(chosen.size());
    auto observed = torch::empty({count, model.params.observed, 2});
    auto future = torch::empty({count, model.params.predicted, 2});
    auto weight = torch::empty({count});
    auto* seen = observed.data_ptr<float>();
    auto* ahead = future.data_ptr<float>();
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      const auto& item = items_[chosen[i]];
      const auto frame = frame_of(item.track.observed);
      const float mirror = model.params.flip_x && rng.chance(0.5) ? -1.0F : 1.0F;
      seen = put(item.track.observed, frame, mirror, seen);
      ahead = put(item.future, frame, mirror, ahead);
      weight.data_ptr<float>()[i] = static_cast<float>(item.weight);
    }
    auto& net = net_of(model);
    observed = observed.to(model.device);
    const auto ways = net.head(net.features(observed), observed, true);
    const auto errors = errors_of(ways, future.to(model.device)) / model.params.scale_m;
    const auto log_p = torch::log_softmax(ways.logits, 1);
    const auto nearest = errors.detach().argmin(1, true);
    const auto losses = errors.select(1, 0) +
                        kNearestWeight * errors.gather(1, nearest).squeeze(1) -
                        kChanceWeight * log_p.gather(1, nearest).squeeze(1);
    return (losses * weight.to(model.device)).mean();
  }

 private:
  std::vector<TrackItem> items_;
};

bool fits(const TrackItem& item, const TrainParams& params) {
  return static_cast<int>(item.track.observed.size()) == params.observed;
}

// Median length of the way from the last point seen to the last to come.
double scale_of(const std::vector<TrackItem>& items) {
  std::vector<double> lengths;
  for (const auto& item : items) {
    const auto& from = item.track.observed.back();
    const auto& to = item.future.back();
    lengths.push_back(std::hypot(to[0] - from[0], to[1] - from[1]));
  }
  const auto middle = lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() / 2);
  std::nth_element(lengths.begin(), middle, lengths.end());
  return std::max(0.1, *middle);
}

std::unique_ptr<Lessons> learn_from(const std::filesystem::path& manifest, Model& model,
                                    const Model* /*start*/, Rejects& rejects) {
  auto& params = model.params;
  std::vector<TrackItem> items;
  each_track(
      manifest,
      [&](TrackItem item) {
        if (item.future.empty()) {
          return;  // not known yet
        }
        if (params.observed == 0 || params.predicted == 0) {
          params.observed = static_cast<int>(item.track.observed.size());
          params.predicted = static_cast<int>(item.future.size());
        }
        if (!fits(item, params) || static_cast<int>(item.future.size()) != params.predicted) {
          rejects.add(manifest.string(), item.key,
                      fmt::format("it has {} steps seen and {} to come, and the model {} and {}",
                                  item.track.observed.size(), item.future.size(), params.observed,
                                  params.predicted));
          return;
        }
        items.push_back(std::move(item));
      },
      [&](const std::string& key, const std::string& why) {
        rejects.add(manifest.string(), key, why);
      });
  if (items.empty()) {
    fail(ErrorCode::kInvalid,
         "no track of the manifest has a future that is known, so there is nothing to learn "
         "from: " +
             manifest.string());
  }
  choose_steps(params, items.size(), kBatch);
  if (params.scale_m == 0) {
    params.scale_m = scale_of(items);
  }
  return std::make_unique<Paths>(std::move(items));
}

double entropy(const torch::Tensor& p) {
  return -(p * p.clamp_min(1e-12).log()).sum().item<double>();
}

// Over dropout passes, how unsure the network is which way it will be (nats).
double mutual_information(const Model& model, const torch::Tensor& features,
                          const torch::Tensor& observed, int passes, std::uint64_t seed) {
  torch::manual_seed(seed);
  const auto ways = net_of(model).head(features.unsqueeze(0).repeat({passes, 1}),
                                       observed.unsqueeze(0).repeat({passes, 1, 1}), true);
  const auto p = torch::softmax(ways.logits, 1);
  return std::max(0.0, entropy(p.mean(0)) - entropy(p) / passes);
}

// Modes in metres on the ground, most probable first.
std::vector<Mode> modes_of_row(const Ways& ways, std::int64_t row, const GroundFrame& frame) {
  const auto p = torch::softmax(ways.logits[row], 0);
  const auto paths = ways.paths[row].contiguous();
  const auto* xy = paths.data_ptr<float>();
  std::vector<Mode> modes;
  for (std::int64_t m = 0; m < paths.size(0); ++m) {
    Mode mode{.probability = p[m].item<double>()};
    for (std::int64_t t = 0; t < paths.size(1); ++t, xy += 2) {
      mode.path.push_back(frame.out_of({xy[0], xy[1]}));
    }
    modes.push_back(std::move(mode));
  }
  std::stable_sort(modes.begin(), modes.end(),
                   [](const Mode& a, const Mode& b) { return a.probability > b.probability; });
  return modes;
}

Json modes_json(const std::vector<Mode>& modes) {
  Json list = Json::array();
  for (const auto& mode : modes) {
    Json path = Json::array();
    for (const auto& point : mode.path) {
      path.push_back(rounded_list(point));
    }
    list.push_back({{"probability", rounded(mode.probability)}, {"path", path}});
  }
  return list;
}

// The network's answers to tracks that fit it.
struct Answer {
  torch::Tensor observed;
  torch::Tensor features;
  Ways ways;
};

Answer answer(Model& model, std::span<const TrackItem> items) {
  const torch::NoGradGuard no_grad;
  model.net->to(torch::kCPU);  // so small that a processor is as fast
  model.net->eval();
  auto& net = net_of(model);
  Answer out{.observed = observed_of(items)};
  out.features = net.features(out.observed);
  out.ways = net.head(out.features, out.observed, false);
  return out;
}

Said said_of(const Model& model, const TrackItem& item, const Answer& all, std::int64_t row,
             const Settings& settings) {
  const torch::NoGradGuard no_grad;
  const auto modes = modes_of_row(all.ways, row, frame_of(item.track.observed));
  const auto& names = model.classes;
  const bool known = std::find(names.begin(), names.end(), item.track.class_name) != names.end();
  Json prediction = {{"class", known ? item.track.class_name : names.front()},
                     {"score", rounded(modes.front().probability)},
                     {"attributes", {{"modes", modes_json(modes)}}}};
  if (settings.infer.mc_passes > 0) {
    prediction["mutual_information"] = rounded(
        mutual_information(model, all.features[row], all.observed[row], settings.infer.mc_passes,
                           Rng(settings.seed, item.key).next() >> 1));
  }
  Said said;
  said.predictions.push_back(std::move(prediction));
  const auto features = all.features[row].contiguous();
  said.embedding.assign(features.data_ptr<float>(), features.data_ptr<float>() + features.numel());
  if (!item.future.empty()) {
    said.loss = kernels::average_displacement(modes.front().path, item.future);
  }
  return said;
}

Json validate(Model& model, const std::filesystem::path& manifest, const InferParams& /*params*/,
              Rejects& rejects) {
  std::vector<TrackItem> items;
  each_track(
      manifest,
      [&](TrackItem item) {
        if (!item.future.empty() && fits(item, model.params)) {
          items.push_back(std::move(item));
        }
      },
      [&](const std::string& key, const std::string& why) {
        rejects.add(manifest.string(), key, why);
      });
  if (items.empty()) {
    return Json::object();
  }
  const auto all = answer(model, items);
  double ade = 0;
  double fde = 0;
  double best = 0;
  double straight = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto& item = items[i];
    std::vector<PointPath> paths;
    for (auto& mode :
         modes_of_row(all.ways, static_cast<std::int64_t>(i), frame_of(item.track.observed))) {
      paths.push_back(std::move(mode.path));
    }
    ade += kernels::average_displacement(paths.front(), item.future);
    fde += kernels::final_displacement(paths.front(), item.future);
    best += kernels::best_of(paths, item.future, kProposals).ade;
    straight += kernels::average_displacement(
        kernels::constant_velocity(item.track.observed, item.future.size()), item.future);
  }
  const auto count = static_cast<double>(items.size());
  return {{"ade", ade / count},
          {"fde", fde / count},
          {"min_ade_3", best / count},
          {"constant_velocity_ade", straight / count},
          {"tracks", items.size()}};
}

Dimensions dimensions(const Model& model) {
  return {.sample = net_of(model).dimensions()};
}

void infer(const std::filesystem::path& manifest, Model& model, const Settings& settings,
           Answers& answers) {
  // Lines in order; those that cannot be answered say why.
  std::vector<std::pair<TrackItem, std::string>> lines;
  const std::string wrong_length =
      fmt::format("the model needs {} observed positions", model.params.observed);
  each_track(
      manifest,
      [&](TrackItem item) {
        const auto why = fits(item, model.params) ? std::string() : wrong_length;
        lines.emplace_back(std::move(item), why);
      },
      [&](const std::string& key, const std::string& why) {
        lines.emplace_back(TrackItem{.key = key}, why);
      });
  for (std::size_t begin = 0; begin < lines.size(); begin += kChunk) {
    const auto chunk = std::span(lines).subspan(begin, std::min(kChunk, lines.size() - begin));
    std::vector<TrackItem> items;
    for (const auto& [item, why] : chunk) {
      if (why.empty()) {
        items.push_back(item);
      }
    }
    const auto all = items.empty() ? Answer{} : answer(model, items);
    std::int64_t row = 0;
    for (const auto& [item, why] : chunk) {
      if (why.empty()) {
        answers.add(item.key, said_of(model, item, all, row++, settings));
      } else {
        answers.refuse(item.key, why);
      }
    }
    answers.progress(begin + chunk.size(), lines.size());
  }
}

}  // namespace

extern const NnTask nn_trajectory;
const NnTask nn_trajectory = {
    .name = "trajectory",
    .architecture = "path-mlp",
    .make = make,
    .learn_from = learn_from,
    .validate = validate,
    .dimensions = dimensions,
    .infer = infer,
};

}  // namespace spotter::nn
