#include "nn/train.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <numbers>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/random.h"
#include "nn/contract.h"
#include "nn/model.h"

namespace spotter::nn {
namespace {

constexpr double kClipNorm = 10;
constexpr double kWarmUpShare = 0.1;
constexpr int kLogEvery = 25;

using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

int multiple_of_16(double value) { return std::max(32, static_cast<int>(std::lround(value / 16)) * 16); }

// Longest side 320 (less for small pictures), the shape of the median picture.
void choose_input(TrainParams& params, const std::vector<Item>& items) {
  if (params.input_width > 0 && params.input_height > 0) {
    return;
  }
  std::vector<std::pair<double, Item>> shapes;
  for (const auto& item : items) {
    if (item.width > 0 && item.height > 0) {
      shapes.emplace_back(static_cast<double>(item.width) / item.height, item);
    }
  }
  double width = 320;
  double height = 320;
  if (!shapes.empty()) {
    const auto middle = shapes.begin() + static_cast<std::ptrdiff_t>(shapes.size() / 2);
    std::nth_element(shapes.begin(), middle, shapes.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    const double longest = std::max(middle->second.width, middle->second.height);
    const double shrink = std::min(1.0, 320 / longest);
    width = middle->second.width * shrink;
    height = middle->second.height * shrink;
  }
  params.input_width = params.input_width > 0 ? params.input_width : multiple_of_16(width);
  params.input_height = params.input_height > 0 ? params.input_height : multiple_of_16(height);
}

double typical_side(const Data& data) {
  std::vector<double> sides;
  for (const auto& item : data.items) {
    for (const auto& object : item.objects) {
      if (!object.ignore) {
        sides.push_back(std::sqrt(object.box.area()));
      }
    }
  }
  if (sides.empty()) {
    fail(ErrorCode::kInvalid, "no picture of the manifest has an object to learn from");
  }
  const auto middle = sides.begin() + static_cast<std::ptrdiff_t>(sides.size() / 2);
  std::nth_element(sides.begin(), middle, sides.end());
  return std::clamp(*middle, 4.0, 256.0);
}

// The pictures of one step: a walk through shuffled epochs that depends on seed and step alone, so that a
// resumed run sees what an undisturbed one would.
std::vector<std::size_t> chosen_at(int step, int batch, std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> chosen;
  std::vector<std::size_t> order;
  std::size_t loaded_epoch = static_cast<std::size_t>(-1);
  for (int i = 0; i < batch; ++i) {
    const auto place = static_cast<std::size_t>(step) * static_cast<std::size_t>(batch) + static_cast<std::size_t>(i);
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

double learning_rate_at(int step, const TrainParams& params) {
  const double warm = std::max(1.0, kWarmUpShare * params.steps);
  if (step < warm) {
    return params.learning_rate * (step + 1) / warm;
  }
  const double share = (step - warm) / std::max(1.0, params.steps - warm);
  return params.learning_rate * 0.5 * (1 + std::cos(std::numbers::pi * share));
}

class Trainer {
 public:
  explicit Trainer(const TrainJob& job) : job_(job), started_(Steady::now()), device_(job.settings.device) {}

  TrainEnd run() {
    prepare();
    const int first = resume();
    std::ofstream log(job_.out / "metrics.jsonl", first == 0 ? std::ios::trunc : std::ios::app);
    auto saved = Steady::now();
    for (int step = first; step < params().steps; ++step) {
      const double loss = one_step(step);
      if (step % kLogEvery == 0 || step + 1 == params().steps) {
        log << Json({{"step", step + 1}, {"loss", loss}, {"seconds", seconds_since(started_)},
                     {"learning_rate", learning_rate_at(step, params())}}).dump()
            << std::endl;
      }
      progress_.report(static_cast<double>(step + 1) / params().steps,
                       fmt::format("step {} of {}, loss {:.3f}", step + 1, params().steps, loss));
      if (stop_wanted()) {
        save(step + 1);
        return TrainEnd::kCheckpoint;
      }
      if (seconds_since(saved) > params().checkpoint_seconds) {
        save(step + 1);
        saved = Steady::now();
      }
    }
    finish();
    return TrainEnd::kDone;
  }

 private:
  TrainParams& params() { return model_.params; }

  void prepare() {
    model_.classes = job_.settings.classes;
    model_.params = job_.settings.train;
    if (model_.classes.empty()) {
      fail(ErrorCode::kInvalid, "the configuration names no classes");
    }
    const auto items = read_manifest(job_.data, model_.classes, rejects_);
    Model start;
    if (!job_.init.empty()) {
      start = load_model(job_.init);
      params().input_width = start.params.input_width;
      params().input_height = start.params.input_height;
      params().width = start.params.width;
      params().stem_stride = start.params.stem_stride;
    }
    choose_input(params(), items);
    data_ = load(items, 0, items.size(), params().input_width, params().input_height, rejects_);
    if (data_.items.empty()) {
      fail(ErrorCode::kInvalid, fmt::format("none of the {} pictures of the manifest can be read: {}", items.size(),
                                            job_.data.string()));
    }
    model_.prior_px = start.net.is_empty() ? typical_side(data_) : start.prior_px;
    if (params().steps == 0) {
      params().steps = std::clamp(15 * static_cast<int>(data_.items.size()), 800, 4000);
    }
    torch::manual_seed(job_.settings.seed);
    model_.net = Net(static_cast<int>(model_.classes.size()), params());
    if (!start.net.is_empty()) {
      copy_matching(model_.net, start.net, model_.classes, start.classes);
    }
    average_ = Net(static_cast<int>(model_.classes.size()), params());
    copy_matching(average_, model_.net, model_.classes, model_.classes);
    model_.net->to(device_);
    average_->to(device_);
    optimizer_ = std::make_unique<torch::optim::AdamW>(
        model_.net->parameters(),
        torch::optim::AdamWOptions(params().learning_rate).weight_decay(params().weight_decay));
    make_folders(job_.out);
  }

  double one_step(int step) {
    const auto seed = mix_bits(job_.settings.seed ^ mix_bits(static_cast<std::uint64_t>(step)));
    Rng rng(seed, "augment");
    torch::manual_seed(static_cast<std::uint64_t>(seed >> 1));
    const auto chosen = chosen_at(step, params().batch, data_.items.size(), job_.settings.seed);
    auto batch = training_batch(data_, chosen, params(), model_.shape(), rng);
    to_device(batch);
    static_cast<torch::optim::AdamWOptions&>(optimizer_->param_groups()[0].options())
        .lr(learning_rate_at(step, params()));
    model_.net->train();
    optimizer_->zero_grad();
    const auto features = model_.net->features(batch.input);
    const auto losses = training_losses(model_.net->heads(features.neck, true), batch, model_.geometry());
    const auto loss = (losses * batch.weight).sum() / batch.weight.sum().clamp_min(1e-6);
    const double value = loss.item<double>();
    if (!std::isfinite(value)) {
      fail(ErrorCode::kInternal, fmt::format("the loss is no number any more at step {}: lower learning_rate", step + 1));
    }
    loss.backward();
    torch::nn::utils::clip_grad_norm_(model_.net->parameters(), kClipNorm);
    optimizer_->step();
    const double decay = std::min(params().ema, (1.0 + step) / (10.0 + step));
    update_average(average_, model_.net, decay);
    return value;
  }

  void to_device(Batch& batch) const {
    if (device_.is_cpu()) {
      return;
    }
    for (auto* t : {&batch.input, &batch.heat, &batch.mask, &batch.weight, &batch.image_index, &batch.cell_index,
                    &batch.positive_weight, &batch.boxes, &batch.counts}) {
      *t = t->to(device_);
    }
  }

  [[nodiscard]] std::filesystem::path checkpoint() const {
    const auto folder = checkpoint_folder();
    return folder.empty() ? folder : folder / "train.ckpt";
  }

  void save(int step) {
    if (checkpoint().empty()) {
      return;
    }
    torch::serialize::OutputArchive archive;
    torch::serialize::OutputArchive net;
    torch::serialize::OutputArchive average;
    torch::serialize::OutputArchive optimizer;
    model_.net->save(net);
    average_->save(average);
    optimizer_->save(optimizer);
    archive.write("net", net);
    archive.write("average", average);
    archive.write("optimizer", optimizer);
    archive.write("step", torch::tensor(static_cast<std::int64_t>(step)));
    archive.write("seed", torch::tensor(static_cast<std::int64_t>(job_.settings.seed)));
    archive.write("pictures", torch::tensor(static_cast<std::int64_t>(data_.items.size())));
    write_archive(archive, checkpoint());
  }

  // The step to go on from; 0 when there is no checkpoint of this very run.
  int resume() {
    if (checkpoint().empty() || !std::filesystem::exists(checkpoint())) {
      return 0;
    }
    try {
      torch::serialize::InputArchive archive;
      archive.load_from(checkpoint().string());
      const auto number = [&](const char* name) {
        torch::Tensor value;
        archive.read(name, value);
        return value.item<std::int64_t>();
      };
      if (number("seed") != static_cast<std::int64_t>(job_.settings.seed) ||
          number("pictures") != static_cast<std::int64_t>(data_.items.size())) {
        log_warning("the checkpoint is of another run; training starts from the beginning");
        return 0;
      }
      torch::serialize::InputArchive part;
      archive.read("net", part);
      model_.net->load(part);
      torch::serialize::InputArchive average;
      archive.read("average", average);
      average_->load(average);
      torch::serialize::InputArchive optimizer;
      archive.read("optimizer", optimizer);
      optimizer_->load(optimizer);
      return static_cast<int>(number("step"));
    } catch (const c10::Error& e) {
      fail(ErrorCode::kInvalid, fmt::format("the checkpoint cannot be read ({}); remove it to start over: {}",
                                            e.what_without_backtrace(), checkpoint().string()));
    }
  }

  void finish() {
    Model result = model_;
    result.net = params().ema > 0 ? average_ : model_.net;
    result.net->to(torch::kCPU);
    save_model(result, job_.settings.seed, params().steps, job_.out);
    Json rejects = Json::array();
    for (const auto& r : rejects_.rows()) {
      rejects.push_back({{"file", r.file}, {"where", r.where}, {"reason", r.reason}});
    }
    write_json(job_.out / "done.json", {{"steps", params().steps},
                                        {"pictures", data_.items.size()},
                                        {"seconds", seconds_since(started_)},
                                        {"cpu_seconds", cpu_seconds()},
                                        {"rejects", rejects}});
  }

  const TrainJob& job_;
  Steady::time_point started_;
  torch::Device device_;
  Rejects rejects_{100};
  Data data_;
  Model model_;
  Net average_{nullptr};
  std::unique_ptr<torch::optim::AdamW> optimizer_;
  Progress progress_;
};

}  // namespace

TrainEnd train(const TrainJob& job) { return Trainer(job).run(); }

}  // namespace spotter::nn
