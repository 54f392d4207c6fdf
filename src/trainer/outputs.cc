#include "trainer/outputs.h"

#include <algorithm>
#include <cmath>
#include <fstream>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

namespace spotter::trainer {
namespace {

constexpr std::size_t kSlice = 20'000;

Box box_of(const Json& json, const std::string& origin) {
  const auto numbers = json_get<std::vector<double>>(json, "box", origin);
  if (numbers.size() != 4) {
    fail(ErrorCode::kInvalid, fmt::format("{}: a prediction needs a box of four numbers", origin));
  }
  const Box box = {numbers[0], numbers[1], numbers[2], numbers[3]};
  if (!box.valid()) {
    fail(ErrorCode::kInvalid, fmt::format("{}: a box is empty, inverted or not finite", origin));
  }
  return box;
}

Prediction prediction_of(const Json& json, const OutputOptions& options,
                         const std::string& origin) {
  Prediction p;
  p.class_name = json_get<std::string>(json, "class", origin);
  if (std::find(options.classes.begin(), options.classes.end(), p.class_name) ==
      options.classes.end()) {
    fail(ErrorCode::kInvalid,
         fmt::format("{}: \"{}\" is none of the model's classes{}", origin, p.class_name,
                     did_you_mean(p.class_name, options.classes)));
  }
  p.score = json_get<double>(json, "score", origin);
  if (!(p.score >= 0 && p.score <= 1)) {
    fail(ErrorCode::kInvalid, fmt::format("{}: a score lies in 0..1", origin));
  }
  if (options.boxes) {
    p.box = box_of(json, origin);
  }
  if (const auto more = json.find("attributes"); more != json.end() && more->is_object()) {
    p.attributes = more->dump();
  }
  const std::vector<double> none;
  p.probabilities = json_get_or(json, "probabilities", none);
  p.aleatoric = json_get_or(json, "aleatoric", none);
  p.epistemic = json_get_or(json, "epistemic", none);
  p.mutual_information = json_get_or<double>(json, "mutual_information", -1);
  p.embedding_row = json_get_or<std::int64_t>(json, "embedding_row", -1);
  if (p.embedding_row >= options.object_segment_rows) {
    fail(ErrorCode::kInvalid, fmt::format("{}: embedding_row {} is not in object_embeddings.npy",
                                          origin, p.embedding_row));
  }
  return p;
}

lake::ModelOutput output_of(const Json& json, const std::string& key, const OutputOptions& options,
                            const std::string& origin) {
  if (const auto got = json_get<std::string>(json, "key", origin); got != key) {
    fail(ErrorCode::kInvalid,
         fmt::format("{}: expected the key \"{}\" (the manifest's order), got \"{}\"", origin, key,
                     got));
  }
  lake::ModelOutput output;
  output.set.sample = key;
  for (const auto& prediction : json_get_or(json, "predictions", Json::array())) {
    output.set.predictions.push_back(prediction_of(prediction, options, origin));
  }
  std::stable_sort(output.set.predictions.begin(), output.set.predictions.end(),
                   [](const Prediction& a, const Prediction& b) { return a.score > b.score; });
  output.loss = json_get_or<double>(json, "loss", -1);
  if (!std::isfinite(output.loss)) {
    output.loss = -1;
  }
  output.embedding_row = json_get_or<std::int64_t>(json, "embedding_row", -1);
  if (output.embedding_row >= options.segment_rows) {
    fail(ErrorCode::kInvalid, fmt::format("{}: embedding_row {} is not in embeddings.npy", origin,
                                          output.embedding_row));
  }
  output.segment = output.embedding_row >= 0 ? options.segment : "";
  output.object_segment = options.object_segment;
  return output;
}

}  // namespace

void read_outputs(const std::filesystem::path& path, std::span<const std::string> keys,
                  const OutputOptions& options,
                  const std::function<void(std::vector<lake::ModelOutput>)>& take) {
  std::ifstream in(path, std::ios::binary);
  std::vector<lake::ModelOutput> slice;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line); ++number) {
    const std::string origin = fmt::format("{} line {}", path.string(), number + 1);
    if (number == keys.size()) {
      fail(ErrorCode::kInvalid, fmt::format("{}: more lines than the manifest has", origin));
    }
    slice.push_back(output_of(parse_json(line, origin), keys[number], options, origin));
    if (slice.size() == kSlice) {
      take(std::move(slice));
      slice.clear();
    }
  }
  if (number != keys.size()) {
    fail(ErrorCode::kInvalid,
         fmt::format("{} lines, but the manifest has {}: {}", number, keys.size(), path.string()));
  }
  if (!slice.empty()) {
    take(std::move(slice));
  }
}

}  // namespace spotter::trainer
