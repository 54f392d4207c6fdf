#include "nn/train.h"

#include <chrono>
#include <cmath>
#include <memory>
#include <numbers>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/random.h"
#include "nn/checkpoint.h"
#include "nn/contract.h"
#include "nn/model.h"
#include "nn/task.h"

namespace spotter::nn {
namespace {

constexpr double kClipNorm = 10;
constexpr double kWarmUpShare = 0.1;
constexpr int kLogEvery = 25;
constexpr std::size_t kRejectsKept = 100;

using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

// The pictures of one step: a walk through shuffled epochs that depends on seed and step alone, so
// that a resumed run sees what an undisturbed one would.
std::vector<std::size_t> chosen_at(int step, int batch, std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> chosen;
  std::vector<std::size_t> order;
  auto loaded_epoch = static_cast<std::size_t>(-1);
  for (int i = 0; i < batch; ++i) {
    const auto place = static_cast<std::size_t>(step) * static_cast<std::size_t>(batch) +
                       static_cast<std::size_t>(i);
    const std::size_t epoch = place / count;
    if (epoch != loaded_epoch) {
      order.resize(count);
      for (std::size_t k = 0; k < count; ++k) {
        order[k] = k;
      }
      Rng rng(mix_bits(seed), epoch);
      rng.shuffle(std::span(order));
      loaded_epoch = epoch;
    }
    chosen.push_back(order[place % count]);
  }
  return chosen;
}

// Linear warm-up, then a cosine to 0 (Loshchilov and Hutter 2017).
double learning_rate_at(int step, const TrainParams& params) {
  const double warm = std::max(1.0, kWarmUpShare * params.steps);
  if (step < warm) {
    return params.learning_rate * (step + 1) / warm;
  }
  const double share = (step - warm) / std::max(1.0, params.steps - warm);
  return params.learning_rate * 0.5 * (1 + std::cos(std::numbers::pi * share));
}

// What makes two attempts the same run.
std::string identity_of(const TrainJob& job, const TrainParams& params, std::size_t pictures) {
  return sha256_hex(Json({{"task", job.settings.task},
                          {"params", to_json(params)},
                          {"classes", job.settings.classes},
                          {"seed", job.settings.seed},
                          {"pictures", pictures},
                          {"data", sha256_file(job.data)},
                          {"init", job.init.empty() ? "" : model_digest(job.init)}})
                        .dump());
}

// A warm start keeps what decides the shapes of the weights.
void keep_shape(TrainParams& params, const TrainParams& start) {
  params.input_width = start.input_width;
  params.input_height = start.input_height;
  params.width = start.width;
  params.stem_stride = start.stem_stride;
  params.observed = start.observed;
  params.predicted = start.predicted;
  params.scale_m = start.scale_m;
  params.modes = start.modes;
}

class Trainer {
 public:
  explicit Trainer(const TrainJob& job)
      : job_(job), task_(nn_task(job.settings.task)), started_(Steady::now()) {}

  TrainEnd run() {
    read_data();
    build();
    const int first = resume();
    auto saved = Steady::now();
    for (int step = first; step < params().steps; ++step) {
      const double loss = one_step(step);
      report(step, loss);
      const bool stopping = stop_wanted();
      if (stopping || seconds_since(saved) > params().checkpoint_seconds) {
        save(step + 1);
        saved = Steady::now();
      }
      if (stopping) {
        return TrainEnd::kCheckpoint;
      }
    }
    finish();
    return TrainEnd::kDone;
  }

 private:
  TrainParams& params() { return model_.params; }

  void read_data() {
    model_.task = job_.settings.task;
    model_.classes = job_.settings.classes;
    model_.params = job_.settings.train;
    model_.device = torch::Device(job_.settings.device);
    if (!job_.init.empty()) {
      start_ = load_model(job_.init);
      if (start_.task != model_.task) {
        fail(ErrorCode::kInvalid, fmt::format("a model for {} cannot start one for {}: {}",
                                              start_.task, model_.task, job_.init.string()));
      }
      keep_shape(params(), start_.params);
    }
    lessons_ = task_.learn_from(job_.data, model_, start_.net ? &start_ : nullptr, rejects_);
    for (const auto& reject : rejects_.rows()) {
      log_warning(fmt::format("left out, {}: {} ({})", reject.where, reject.reason, reject.file));
    }
    make_folders(job_.out);
  }

  void build() {
    torch::manual_seed(job_.settings.seed);
    model_.net = task_.make(model_.classes.size(), params());
    if (start_.net) {
      copy_matching(*model_.net, *start_.net, model_.classes, start_.classes);
    }
    average_ = task_.make(model_.classes.size(), params());
    copy_matching(*average_, *model_.net, model_.classes, model_.classes);
    model_.net->to(model_.device);
    average_->to(model_.device);
    optimizer_ = std::make_unique<torch::optim::AdamW>(
        model_.net->parameters(),
        torch::optim::AdamWOptions(params().learning_rate).weight_decay(params().weight_decay));
  }

  double one_step(int step) {
    const auto seed = mix_bits(job_.settings.seed ^ mix_bits(static_cast<std::uint64_t>(step)));
    Rng rng(seed, "augment");
    torch::manual_seed(seed >> 1);
    const auto chosen = chosen_at(step, params().batch, lessons_->size(), job_.settings.seed);
    for (auto& group : optimizer_->param_groups()) {
      static_cast<torch::optim::AdamWOptions&>(group.options())
          .lr(learning_rate_at(step, params()));
    }
    model_.net->train();
    optimizer_->zero_grad();
    const auto loss = lessons_->loss(model_, chosen, rng);
    const double value = loss.item<double>();
    if (!std::isfinite(value)) {
      fail(ErrorCode::kInternal,
           fmt::format("the loss is no number any more at step {}; lower learning_rate, or "
                       "look for samples of extreme weight",
                       step + 1));
    }
    loss.backward();
    torch::nn::utils::clip_grad_norm_(model_.net->parameters(), kClipNorm);
    optimizer_->step();
    // The average warms up too: early weights are soon forgotten.
    update_average(*average_, *model_.net, std::min(params().ema, (1.0 + step) / (10.0 + step)));
    return value;
  }

  void report(int step, double loss) {
    if (step % kLogEvery == 0 || step + 1 == params().steps) {
      log_ += Json({{"step", step + 1},
                    {"loss", loss},
                    {"seconds", seconds_before_ + seconds_since(started_)},
                    {"learning_rate", learning_rate_at(step, params())}})
                  .dump() +
              "\n";
      write_file_atomic(job_.out / "metrics.jsonl", log_);
    }
    progress_.report(static_cast<double>(step + 1) / params().steps,
                     fmt::format("step {} of {}, loss {:.3f}", step + 1, params().steps, loss));
  }

  [[nodiscard]] static std::filesystem::path checkpoint() {
    const auto folder = checkpoint_folder();
    return folder.empty() ? folder : folder / "train.ckpt";
  }

  void save(int step) {
    if (checkpoint().empty()) {
      return;
    }
    RunState state{.net = *model_.net,
                   .average = *average_,
                   .optimizer = *optimizer_,
                   .step = step,
                   .seconds = seconds_before_ + seconds_since(started_),
                   .cpu_seconds = cpu_seconds_before_ + cpu_seconds(),
                   .log = log_};
    save_checkpoint(state, identity_of(job_, params(), lessons_->size()), checkpoint());
  }

  // The step to go on from; 0 when there is no checkpoint of this very run.
  int resume() {
    if (checkpoint().empty()) {
      return 0;
    }
    RunState state{.net = *model_.net, .average = *average_, .optimizer = *optimizer_};
    if (!load_checkpoint(state, identity_of(job_, params(), lessons_->size()), checkpoint())) {
      build();  // what was half filled goes
      return 0;
    }
    seconds_before_ = state.seconds;
    cpu_seconds_before_ = state.cpu_seconds;
    log_ = state.log;
    write_file_atomic(job_.out / "metrics.jsonl", log_);
    return static_cast<int>(state.step);
  }

  void finish() {
    Model result = model_;
    result.net = params().ema > 0 ? average_ : model_.net;
    const Json metrics = job_.val.empty()
                             ? Json::object()
                             : task_.validate(result, job_.val, job_.settings.infer, rejects_);
    result.net->to(torch::kCPU);
    save_model(result, job_.settings.seed, job_.out);
    Json rejects = Json::array();
    for (const auto& r : rejects_.rows()) {
      rejects.push_back({{"file", r.file}, {"where", r.where}, {"reason", r.reason}});
    }
    write_json(job_.out / "done.json", {{"steps", params().steps},
                                        {"pictures", lessons_->size()},
                                        {"seconds", seconds_before_ + seconds_since(started_)},
                                        {"cpu_seconds", cpu_seconds_before_ + cpu_seconds()},
                                        {"metrics", metrics},
                                        {"rejects_count", rejects_.count()},
                                        {"rejects", rejects}});
  }

  const TrainJob& job_;
  const NnTask& task_;
  Steady::time_point started_;
  Rejects rejects_{kRejectsKept};
  std::unique_ptr<Lessons> lessons_;
  Model start_;  // of a warm start, else empty
  Model model_;
  std::shared_ptr<torch::nn::Module> average_;
  std::unique_ptr<torch::optim::AdamW> optimizer_;
  Progress progress_;
  std::string log_;
  double seconds_before_ = 0;  // of earlier attempts
  double cpu_seconds_before_ = 0;
};

}  // namespace

TrainEnd train(const TrainJob& job) {
  return Trainer(job).run();
}

}  // namespace spotter::nn
