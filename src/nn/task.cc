#include "nn/task.h"

#include <array>
#include <cstdlib>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

// To add a task, write nn/task_<name>.cc that defines `const NnTask nn_<name>` and add a line here.
#define SPOTTER_NN_TASKS(X) \
  X(detection) \
  X(classification) \
  X(trajectory)

namespace spotter::nn {
namespace {

constexpr std::size_t kChunk = 256;  // pictures in memory at a time

}  // namespace

#define X(name) extern const NnTask nn_##name;
SPOTTER_NN_TASKS(X)
#undef X

const NnTask& nn_task(const std::string& name) {
#define X(name) &nn_##name,
  static constexpr std::array kTasks = {SPOTTER_NN_TASKS(X)};
#undef X
  std::vector<std::string> known;
  for (const auto* task : kTasks) {
    if (task->name == name) {
      return *task;
    }
    known.emplace_back(task->name);
  }
  fail(ErrorCode::kInvalid, fmt::format("spotter-nn does not know the task \"{}\"{} (there are {})",
                                        name, did_you_mean(name, known), fmt::join(known, ", ")));
}

void infer_pictures(const std::filesystem::path& manifest, const Model& model, Answers& answers,
                    const std::function<std::vector<Said>(const Data&)>& say) {
  Rejects lines;
  const auto items = read_manifest(manifest, model.classes, lines);
  for (std::size_t begin = 0; begin < items.size(); begin += kChunk) {
    const auto chunk = std::span(items).subspan(begin, std::min(kChunk, items.size() - begin));
    Rejects rejects(chunk.size());
    const auto data = load(chunk, {model.params.input_width, model.params.input_height}, rejects);
    const auto said = say(data);
    std::size_t place = 0;
    std::size_t reject = 0;
    for (const auto& item : chunk) {  // those that were read and the rejects are in this order
      if (place < data.items.size() && data.items[place].line == item.line) {
        answers.add(item.key, said[place++]);
      } else {
        answers.refuse(item.key, rejects.rows()[reject++].reason);
      }
    }
    answers.progress(begin + chunk.size(), items.size());
  }
}

void each_chunk(const std::filesystem::path& manifest, const Model& model, Rejects& rejects,
                const std::function<void(const Data&)>& take) {
  const auto items = read_manifest(manifest, model.classes, rejects, Empty::kAllowed);
  for (std::size_t begin = 0; begin < items.size(); begin += kChunk) {
    const auto chunk = std::span(items).subspan(begin, std::min(kChunk, items.size() - begin));
    take(load(chunk, {model.params.input_width, model.params.input_height}, rejects));
  }
}

Data load_lessons(const std::filesystem::path& manifest, const std::vector<Item>& items,
                  const Model& model, Rejects& rejects) {
  auto data = load(items, {model.params.input_width, model.params.input_height}, rejects);
  if (data.items.empty()) {
    fail(ErrorCode::kInvalid,
         fmt::format("none of the {} pictures of the manifest can be read; {}: {}", items.size(),
                     rejects.rows().front().reason, manifest.string()));
  }
  return data;
}

double rounded(double value) {
  return std::strtod(fmt::format("{:.6g}", value).c_str(), nullptr);
}

Json rounded_list(std::span<const double> values) {
  Json list = Json::array();
  for (const double value : values) {
    list.push_back(rounded(value));
  }
  return list;
}

}  // namespace spotter::nn
