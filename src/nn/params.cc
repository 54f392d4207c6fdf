#include "nn/params.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <set>
#include <type_traits>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace spotter::nn {
namespace {

// One parameter: how it is set from JSON, checked, and written back.
struct Field {
  std::string name;
  std::function<void(Settings&, const Json&)> set;
  std::function<Json(const Settings&)> get;
};

template <typename Part, typename T>
Field number(const char* name, Part Settings::* part, T Part::* member, double low, double high) {
  const auto set = [=](Settings& settings, const Json& value) {
    const bool whole = !std::is_integral_v<T> || value.is_number_integer();
    if (!value.is_number() || !whole ||
        !(value.get<double>() >= low && value.get<double>() <= high)) {
      fail(ErrorCode::kInvalid, fmt::format("must be a {}number from {} to {}",
                                            std::is_integral_v<T> ? "whole " : "", low, high));
    }
    settings.*part.*member = value.get<T>();
  };
  return {name, set, [=](const Settings& settings) { return Json(settings.*part.*member); }};
}

template <typename Part>
Field truth(const char* name, Part Settings::* part, bool Part::* member) {
  const auto set = [=](Settings& settings, const Json& value) {
    if (!value.is_boolean()) {
      fail(ErrorCode::kInvalid, "must be true or false");
    }
    settings.*part.*member = value.get<bool>();
  };
  return {name, set, [=](const Settings& settings) { return Json(settings.*part.*member); }};
}

std::vector<Field> train_fields() {
  using T = TrainParams;
  constexpr auto kPart = &Settings::train;
  return {
      number("input_width", kPart, &T::input_width, 0, 4096),
      number("input_height", kPart, &T::input_height, 0, 4096),
      number("window_width", kPart, &T::window_width, 0, 4096),
      number("window_height", kPart, &T::window_height, 0, 4096),
      number("steps", kPart, &T::steps, 0, 1e7),
      number("batch", kPart, &T::batch, 0, 1024),
      number("learning_rate", kPart, &T::learning_rate, 0, 1),
      number("weight_decay", kPart, &T::weight_decay, 0, 1),
      truth("flip_x", kPart, &T::flip_x),
      truth("flip_y", kPart, &T::flip_y),
      number("scale_min", kPart, &T::scale_min, 0.1, 10),
      number("scale_max", kPart, &T::scale_max, 0.1, 10),
      number("rotate", kPart, &T::rotate, 0, 180),
      number("gain_min", kPart, &T::gain_min, 0.01, 10),
      number("gain_max", kPart, &T::gain_max, 0.01, 10),
      number("offset", kPart, &T::offset, 0, 4),
      number("class_weight", kPart, &T::class_weight, 0, 100),
      number("dropout", kPart, &T::dropout, 0, 0.9),
      number("ema", kPart, &T::ema, 0, 0.99999),
      number("width", kPart, &T::width, 4, 512),
      number("stem_stride", kPart, &T::stem_stride, 2, 4),
      number("observed", kPart, &T::observed, 0, 1000),
      number("predicted", kPart, &T::predicted, 0, 1000),
      number("scale_m", kPart, &T::scale_m, 0, 100'000),
      number("modes", kPart, &T::modes, 1, 20),
      number("checkpoint_seconds", kPart, &T::checkpoint_seconds, 0, 1e6),
  };
}

std::vector<Field> infer_fields() {
  using T = InferParams;
  constexpr auto kPart = &Settings::infer;
  return {
      number("score_min", kPart, &T::score_min, 0, 1),
      number("nms_iou", kPart, &T::nms_iou, 0, 1),
      number("mc_passes", kPart, &T::mc_passes, 0, 200),
      number("detections_max", kPart, &T::detections_max, 1, 10'000),
      number("infer_batch", kPart, &T::batch, 1, 1024),
  };
}

std::vector<Field> all_fields() {
  auto fields = train_fields();
  for (auto& field : infer_fields()) {
    fields.push_back(std::move(field));
  }
  return fields;
}

void apply(Settings& settings, const Json& params, const std::string& origin) {
  if (!params.is_object()) {
    fail(ErrorCode::kInvalid, fmt::format("\"params\" must be an object: {}", origin));
  }
  const auto fields = all_fields();
  for (const auto& [name, value] : params.items()) {
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.name == name; });
    if (found == fields.end()) {
      std::vector<std::string> known;
      for (const auto& field : fields) {
        known.push_back(field.name);
      }
      fail(ErrorCode::kInvalid, fmt::format("spotter-nn has no parameter \"{}\"{}: {}", name,
                                            did_you_mean(name, known), origin));
    }
    try {
      found->set(settings, value);
    } catch (const Error& e) {
      fail(e.code, fmt::format("parameter \"{}\" {}: {}", name, e.what(), origin));
    }
  }
}

std::string environment(const char* name, const std::string& fallback) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? fallback : value;
}

void check_together(const TrainParams& params, const std::string& origin) {
  if (params.scale_min > params.scale_max || params.gain_min > params.gain_max) {
    fail(ErrorCode::kInvalid,
         "scale_min and gain_min must not exceed scale_max and gain_max: " + origin);
  }
  if (params.stem_stride == 3) {
    fail(ErrorCode::kInvalid, "stem_stride is 2 or 4: " + origin);
  }
  for (const int side :
       {params.input_width, params.input_height, params.window_width, params.window_height}) {
    if (side % 16 != 0) {
      fail(ErrorCode::kInvalid, "sides of input and window are multiples of 16: " + origin);
    }
  }
}

template <typename T>
T whole_number(const char* name, const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    fail(ErrorCode::kInvalid, fmt::format("{} must be a whole number, not \"{}\"", name, text));
  }
  return value;
}

}  // namespace

Settings read_settings(const std::filesystem::path& path) {
  const Json document = read_json(path);
  const std::string origin = path.string();
  Settings settings;
  settings.task = json_get_or<std::string>(document, "task", settings.task);
  settings.classes = json_get_or<std::vector<std::string>>(document, "classes", {});
  const std::set<std::string> distinct(settings.classes.begin(), settings.classes.end());
  if (distinct.size() != settings.classes.size()) {
    fail(ErrorCode::kInvalid, "a class is named twice: " + origin);
  }
  const auto seed = json_get_or<std::uint64_t>(document, "seed", 1);
  settings.seed = whole_number<std::uint64_t>("SPOTTER_SEED",
                                              environment("SPOTTER_SEED", std::to_string(seed)));
  settings.threads =
      std::max(1, whole_number<int>("SPOTTER_THREADS", environment("SPOTTER_THREADS", "1")));
  settings.device = environment("SPOTTER_DEVICE", "cpu");
  apply(settings, json_get_or<Json>(document, "params", Json::object()), origin);
  check_together(settings.train, origin);
  return settings;
}

Json to_json(const TrainParams& params) {
  const Settings settings{.train = params};
  Json out = Json::object();
  for (const auto& field : train_fields()) {
    out[field.name] = field.get(settings);
  }
  return out;
}

TrainParams train_params(const Json& params, const std::string& origin) {
  Settings settings;
  apply(settings, params, origin);
  check_together(settings.train, origin);
  return settings.train;
}

}  // namespace spotter::nn
