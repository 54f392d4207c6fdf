#include "nn/infer.h"

#include <fmt/format.h>

#include <chrono>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "nn/contract.h"
#include "nn/detect.h"
#include "nn/npy.h"

namespace spotter::nn {
namespace {

constexpr std::size_t kChunk = 256;  // pictures in memory at a time

struct Output {
  std::string lines;
  NpyWriter pictures{0};
  NpyWriter objects{0};
  std::size_t count = 0;
};

// A number short enough for a text file: six significant digits.
double rounded(double value) { return std::strtod(fmt::format("{:.6g}", value).c_str(), nullptr); }

Json rounded_list(const std::vector<double>& values, double scale_x, double scale_y) {
  Json list = Json::array();
  for (std::size_t i = 0; i < values.size(); ++i) {
    list.push_back(rounded(values[i] * (i % 2 == 0 ? scale_x : scale_y)));
  }
  return list;
}

Json line_of(const Item& item, const Data& data, const Seen& seen, Output& output) {
  const double sx = static_cast<double>(item.width) / data.width;
  const double sy = static_cast<double>(item.height) / data.height;
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

void run_chunk(const InferJob& job, Model& model, const std::vector<Item>& items, std::size_t begin, std::size_t end,
               Output& output) {
  Rejects rejects(kChunk);
  const auto data = load(items, begin, end, model.params.input_width, model.params.input_height, rejects);
  std::map<std::string, std::string> reasons;
  for (const auto& reject : rejects.rows()) {
    reasons[reject.where] = reject.reason;
  }
  const auto seen = detect(model, data, 0, data.items.size(), job.settings.infer, job.settings.seed + begin);
  std::size_t place = 0;
  for (std::size_t i = begin; i < end; ++i) {
    if (place < data.items.size() && data.items[place].key == items[i].key) {
      output.lines += line_of(data.items[place], data, seen[place], output).dump() + "\n";
      ++place;
      ++output.count;
    } else {
      output.lines += Json({{"key", items[i].key}, {"error", reasons[items[i].key]}}).dump() + "\n";
    }
  }
}

}  // namespace

void infer(const InferJob& job) {
  const auto started = std::chrono::steady_clock::now();
  auto model = load_model(job.model);
  Rejects rejects(100);
  const auto items = read_manifest(job.data, model.classes, rejects);
  Output output;
  output.objects = NpyWriter(static_cast<std::size_t>(2 * model.params.width));
  output.pictures = NpyWriter(static_cast<std::size_t>(2 * (8 * model.params.width / 3)));
  Progress progress;
  for (std::size_t begin = 0; begin < items.size(); begin += kChunk) {
    const std::size_t end = std::min(items.size(), begin + kChunk);
    run_chunk(job, model, items, begin, end, output);
    progress.report(static_cast<double>(end) / static_cast<double>(items.size()),
                    fmt::format("{} of {} pictures", end, items.size()));
  }
  if (output.count == 0) {
    fail(ErrorCode::kInvalid, fmt::format("none of the {} pictures can be read: {}", items.size(), job.data.string()));
  }
  make_folders(job.out);
  write_file_atomic(job.out / "predictions.jsonl", output.lines);
  output.pictures.save(job.out / "embeddings.npy");
  output.objects.save(job.out / "object_embeddings.npy");
  write_json(job.out / "done.json",
             {{"count", output.count},
              {"seconds", std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count()},
              {"cpu_seconds", cpu_seconds()}});
}

}  // namespace spotter::nn
