#include "nn/infer.h"

#include <chrono>
#include <fstream>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/npy.h"
#include "nn/contract.h"
#include "nn/task.h"

namespace spotter::nn {
namespace {

// What infer writes while it goes: complete files appear only at the end.
class Output final : public Answers {
 public:
  Output(const std::filesystem::path& folder, const Dimensions& dimensions)
      : path_(folder / "predictions.jsonl"),
        lines_(folder / "predictions.jsonl.partial", std::ios::trunc) {
    if (dimensions.sample > 0) {
      samples_.emplace(folder / "embeddings.npy", dimensions.sample);
    }
    if (dimensions.object > 0) {
      objects_.emplace(folder / "object_embeddings.npy", dimensions.object);
    }
  }

  void add(const std::string& key, const Said& said) override {
    Json line = {{"key", key}};
    if (samples_) {
      line["embedding_row"] = samples_->add(said.embedding);
    }
    if (said.loss >= 0) {
      line["loss"] = rounded(said.loss);
    }
    line["predictions"] = said.predictions;
    for (std::size_t i = 0; objects_ && i < said.object_embeddings.size(); ++i) {
      line["predictions"][i]["embedding_row"] = objects_->add(said.object_embeddings[i]);
    }
    write(line);
    ++count;
  }

  void refuse(const std::string& key, const std::string& reason) override {
    write({{"key", key}, {"error", reason}});
    ++refused;
    problem = reason;
  }

  void progress(std::size_t done, std::size_t all) override {
    progress_.report(static_cast<double>(done) / static_cast<double>(all),
                     fmt::format("{} of {} samples", done, all));
  }

  void close() {
    lines_.close();
    check();
    for (auto* embeddings : {&samples_, &objects_}) {
      if (*embeddings) {
        (*embeddings)->close();
      }
    }
    std::filesystem::rename(path_.string() + ".partial", path_);
  }

  std::size_t count = 0;
  std::size_t refused = 0;
  std::string problem;  // of the last that was refused

 private:
  void write(const Json& line) {
    lines_ << line.dump() << '\n';
    check();
  }
  void check() const {
    if (!lines_) {
      fail(ErrorCode::kUnavailable,
           fmt::format("the predictions cannot be written; is the disk full? {}", path_.string()));
    }
  }

  std::filesystem::path path_;
  std::ofstream lines_;
  std::optional<NpyWriter<float>> samples_;
  std::optional<NpyWriter<float>> objects_;
  Progress progress_;
};

}  // namespace

void infer(const InferJob& job) {
  const auto started = std::chrono::steady_clock::now();
  auto model = load_model(job.model);
  const auto& task = nn_task(model.task);
  model.device = torch::Device(job.settings.device);
  model.net->to(model.device);
  make_folders(job.out);
  Output output(job.out, task.dimensions(model));
  task.infer(job.data, model, job.settings, output);
  if (output.count == 0) {
    fail(ErrorCode::kInvalid, fmt::format("none of the {} samples can be read; {}: {}",
                                          output.refused, output.problem, job.data.string()));
  }
  output.close();
  write_json(job.out / "done.json",
             {{"count", output.count},
              {"rejects_count", output.refused},
              {"seconds",
               std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count()},
              {"cpu_seconds", cpu_seconds()}});
}

}  // namespace spotter::nn
