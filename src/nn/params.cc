#include "nn/params.h"

#include <fmt/format.h>

#include <cstdlib>
#include <functional>
#include <map>

#include "base/error.h"
#include "base/text.h"

namespace spotter::nn {
namespace {

using Setter = std::function<void(Settings&, const Json&)>;

template <typename Part, typename T>
Setter number(Part Settings::*part, T Part::*member, double low, double high) {
  return [=](Settings& settings, const Json& value) {
    if (!value.is_number() || value.get<double>() < low || value.get<double>() > high) {
      fail(ErrorCode::kInvalid, fmt::format("must be a number from {} to {}", low, high));
    }
    settings.*part.*member = value.get<T>();
  };
}

template <typename Part>
Setter truth(Part Settings::*part, bool Part::*member) {
  return [=](Settings& settings, const Json& value) {
    if (!value.is_boolean()) {
      fail(ErrorCode::kInvalid, "must be true or false");
    }
    settings.*part.*member = value.get<bool>();
  };
}

const std::map<std::string, Setter>& setters() {
  using T = TrainParams;
  using I = InferParams;
  constexpr auto kT = &Settings::train;
  constexpr auto kI = &Settings::infer;
  static const std::map<std::string, Setter> kSetters = {
      {"input_width", number(kT, &T::input_width, 0, 4096)},
      {"input_height", number(kT, &T::input_height, 0, 4096)},
      {"steps", number(kT, &T::steps, 0, 1e7)},
      {"batch", number(kT, &T::batch, 1, 1024)},
      {"learning_rate", number(kT, &T::learning_rate, 0, 1)},
      {"weight_decay", number(kT, &T::weight_decay, 0, 1)},
      {"flip_x", truth(kT, &T::flip_x)},
      {"flip_y", truth(kT, &T::flip_y)},
      {"scale_min", number(kT, &T::scale_min, 0.1, 10)},
      {"scale_max", number(kT, &T::scale_max, 0.1, 10)},
      {"gain_min", number(kT, &T::gain_min, 0.01, 10)},
      {"gain_max", number(kT, &T::gain_max, 0.01, 10)},
      {"offset", number(kT, &T::offset, 0, 4)},
      {"dropout", number(kT, &T::dropout, 0, 0.9)},
      {"ema", number(kT, &T::ema, 0, 0.99999)},
      {"width", number(kT, &T::width, 4, 512)},
      {"stem_stride", number(kT, &T::stem_stride, 2, 4)},
      {"checkpoint_seconds", number(kT, &T::checkpoint_seconds, 1, 1e6)},
      {"score_min", number(kI, &I::score_min, 0, 1)},
      {"nms_iou", number(kI, &I::nms_iou, 0, 1)},
      {"mc_passes", number(kI, &I::mc_passes, 0, 200)},
      {"detections_max", number(kI, &I::detections_max, 1, 10'000)},
      {"infer_batch", number(kI, &I::batch, 1, 1024)},
  };
  return kSetters;
}

void apply(Settings& settings, const Json& params, const std::string& origin) {
  for (const auto& [name, value] : params.items()) {
    const auto found = setters().find(name);
    if (found == setters().end()) {
      std::vector<std::string> known;
      for (const auto& [other, setter] : setters()) {
        known.push_back(other);
      }
      fail(ErrorCode::kInvalid,
           fmt::format("spotter-nn has no parameter \"{}\"{}: {}", name, did_you_mean(name, known), origin));
    }
    try {
      found->second(settings, value);
    } catch (const Error& e) {
      fail(e.code, fmt::format("parameter \"{}\" {}: {}", name, e.what(), origin));
    }
  }
}

std::string environment(const char* name, const std::string& fallback) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? fallback : value;
}

}  // namespace

Settings read_settings(const std::filesystem::path& path) {
  const Json document = read_json(path);
  const std::string origin = path.string();
  Settings settings;
  const auto task = json_get_or<std::string>(document, "task", "detection");
  if (task != "detection") {
    fail(ErrorCode::kInvalid, fmt::format("spotter-nn trains detection, not \"{}\": {}", task, origin));
  }
  settings.classes = json_get_or<std::vector<std::string>>(document, "classes", {});
  settings.seed = static_cast<std::uint64_t>(
      std::strtoull(environment("SPOTTER_SEED", std::to_string(json_get_or<std::uint64_t>(document, "seed", 1))).c_str(),
                    nullptr, 10));
  settings.threads = std::max(1, std::atoi(environment("SPOTTER_THREADS", "1").c_str()));
  settings.device = environment("SPOTTER_DEVICE", "cpu");
  apply(settings, json_get_or<Json>(document, "params", Json::object()), origin);
  const auto& t = settings.train;
  if (t.scale_min > t.scale_max || t.gain_min > t.gain_max) {
    fail(ErrorCode::kInvalid, "scale_min and gain_min must not exceed scale_max and gain_max: " + origin);
  }
  if (t.stem_stride == 3 || t.input_width % 16 != 0 || t.input_height % 16 != 0) {
    fail(ErrorCode::kInvalid, "stem_stride is 2 or 4; input_width and input_height are multiples of 16: " + origin);
  }
  return settings;
}

Json to_json(const TrainParams& p) {
  return {{"input_width", p.input_width}, {"input_height", p.input_height}, {"steps", p.steps},
          {"batch", p.batch}, {"learning_rate", p.learning_rate}, {"weight_decay", p.weight_decay},
          {"flip_x", p.flip_x}, {"flip_y", p.flip_y}, {"scale_min", p.scale_min}, {"scale_max", p.scale_max},
          {"gain_min", p.gain_min}, {"gain_max", p.gain_max}, {"offset", p.offset}, {"dropout", p.dropout},
          {"ema", p.ema}, {"width", p.width}, {"stem_stride", p.stem_stride},
          {"checkpoint_seconds", p.checkpoint_seconds}};
}

TrainParams train_params(const Json& params) {
  Settings settings;
  apply(settings, params, "model.json");
  return settings.train;
}

}  // namespace spotter::nn
