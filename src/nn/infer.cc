#include "nn/infer.h"

#include <chrono>
#include <fstream>
#include <span>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/npy.h"
#include "nn/contract.h"
#include "nn/detect.h"

namespace spotter::nn {
namespace {

constexpr std::size_t kChunk = 256;  // pictures in memory at a time

// What infer writes while it goes: complete files appear only at the end.
struct Output {
  std::filesystem::path path;
  std::ofstream lines;
  NpyWriter<float> pictures;
  NpyWriter<float> objects;
  std::size_t count = 0;

  Output(const std::filesystem::path& folder, const Model& model)
      : path(folder / "predictions.jsonl"),
        lines(folder / "predictions.jsonl.partial", std::ios::trunc),
        pictures(folder / "embeddings.npy", model.net->image_dimensions()),
        objects(folder / "object_embeddings.npy", model.net->object_dimensions()) {}

  void add(const Json& line) {
    lines << line.dump() << '\n';
    check();
  }
  void close() {
    lines.close();
    check();
    pictures.close();
    objects.close();
    std::filesystem::rename(path.string() + ".partial", path);
  }
  void check() const {
    if (!lines) {
      fail(ErrorCode::kUnavailable,
           fmt::format("the predictions cannot be written; is the disk full? {}", path.string()));
    }
  }
};

// A number short enough for a text file: six significant digits.
double rounded(double value) {
  return std::strtod(fmt::format("{:.6g}", value).c_str(), nullptr);
}

Json rounded_list(const std::vector<double>& values, double scale_x, double scale_y) {
  Json list = Json::array();
  for (std::size_t i = 0; i < values.size(); ++i) {
    list.push_back(rounded(values[i] * (i % 2 == 0 ? scale_x : scale_y)));
  }
  return list;
}

Json line_of(const Item& item, const Seen& seen, Output& output) {
  const double sx = 1 / item.scale_x();
  const double sy = 1 / item.scale_y();
  Json predictions = Json::array();
  for (const auto& detection : seen.detections) {
    const auto& p = detection.prediction;
    Json row = {{"class", p.class_name},
                {"score", rounded(p.score)},
                {"box", rounded_list({p.box.x1, p.box.y1, p.box.x2, p.box.y2}, sx, sy)},
                {"probabilities", rounded_list(p.probabilities, 1, 1)},
                {"aleatoric", rounded_list(p.aleatoric, sx, sy)}};
    if (!p.epistemic.empty()) {
      row["epistemic"] = rounded_list(p.epistemic, sx, sy);
      row["mutual_information"] = rounded(p.mutual_information);
    }
    row["embedding_row"] = output.objects.add(detection.embedding);
    predictions.push_back(std::move(row));
  }
  Json line = {{"key", item.key}, {"embedding_row", output.pictures.add(seen.embedding)}};
  if (seen.loss >= 0) {
    line["loss"] = rounded(seen.loss);
  }
  line["predictions"] = std::move(predictions);
  return line;
}

// Returns why nothing could be read, if so.
std::string run_chunk(const InferJob& job, Model& model, std::span<const Item> items,
                      Output& output) {
  Rejects rejects(items.size());
  const auto data = load(items, {model.params.input_width, model.params.input_height}, rejects);
  const auto seen = detect(model, data, {job.settings.infer, job.settings.seed});
  std::size_t place = 0;
  std::size_t reject = 0;
  for (const auto& item : items) {  // those that were read and the rejects are both in this order
    if (place < data.items.size() && data.items[place].line == item.line) {
      output.add(line_of(data.items[place], seen[place], output));
      ++place;
      ++output.count;
    } else {
      output.add({{"key", item.key}, {"error", rejects.rows()[reject++].reason}});
    }
  }
  return rejects.rows().empty() ? "" : rejects.rows().front().reason;
}

}  // namespace

void infer(const InferJob& job) {
  const auto started = std::chrono::steady_clock::now();
  auto model = load_model(job.model);
  model.device = torch::Device(job.settings.device);
  model.net->to(model.device);
  Rejects rejects;
  const auto items = read_manifest(job.data, model.classes, rejects);
  make_folders(job.out);
  Output output(job.out, model);
  Progress progress;
  std::string problem;
  for (std::size_t begin = 0; begin < items.size(); begin += kChunk) {
    const auto chunk = std::span(items).subspan(begin, std::min(kChunk, items.size() - begin));
    problem = run_chunk(job, model, chunk, output);
    const std::size_t end = begin + chunk.size();
    progress.report(static_cast<double>(end) / static_cast<double>(items.size()),
                    fmt::format("{} of {} pictures", end, items.size()));
  }
  if (output.count == 0) {
    fail(ErrorCode::kInvalid, fmt::format("none of the {} pictures can be read; {}: {}",
                                          items.size(), problem, job.data.string()));
  }
  output.close();
  write_json(job.out / "done.json",
             {{"count", output.count},
              {"rejects_count", rejects.count() + items.size() - output.count},
              {"seconds",
               std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count()},
              {"cpu_seconds", cpu_seconds()}});
}

}  // namespace spotter::nn
