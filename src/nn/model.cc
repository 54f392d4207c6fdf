#include "nn/model.h"

#include <fmt/format.h>

#include <sstream>

#include "base/error.h"
#include "base/files.h"

namespace spotter::nn {

void write_archive(torch::serialize::OutputArchive& archive, const std::filesystem::path& path) {
  std::ostringstream stream;
  archive.save_to(stream);
  write_file_atomic(path, stream.str());
}

void save_model(Model& model, std::uint64_t seed, int steps, const std::filesystem::path& folder) {
  torch::serialize::OutputArchive archive;
  model.net->save(archive);
  write_archive(archive, folder / "model.pt");
  write_json(folder / "model.json", {{"runtime", "builtin"},
                                     {"program", "spotter-nn"},
                                     {"architecture", fmt::format("center-s{}", model.net->cell_px())},
                                     {"task", "detection"},
                                     {"classes", model.classes},
                                     {"input", {model.params.input_width, model.params.input_height}},
                                     {"prior_px", model.prior_px},
                                     {"params", to_json(model.params)},
                                     {"seed", seed},
                                     {"steps", steps},
                                     {"files", {"model.pt"}}});
}

Model load_model(const std::filesystem::path& folder) {
  const auto origin = (folder / "model.json").string();
  const Json facts = read_json(folder / "model.json");
  if (json_get_or<std::string>(facts, "program", "") != "spotter-nn") {
    fail(ErrorCode::kInvalid, "this model was not made by spotter-nn: " + origin);
  }
  Model model;
  model.classes = json_get<std::vector<std::string>>(facts, "classes", origin);
  model.params = train_params(json_get<Json>(facts, "params", origin));
  model.prior_px = json_get<double>(facts, "prior_px", origin);
  if (model.classes.empty() || model.params.input_width <= 0 || model.params.input_height <= 0) {
    fail(ErrorCode::kInvalid, "the model states no classes or no input size: " + origin);
  }
  model.net = Net(static_cast<int>(model.classes.size()), model.params);
  try {
    torch::serialize::InputArchive archive;
    archive.load_from((folder / "model.pt").string());
    model.net->load(archive);
  } catch (const c10::Error& e) {
    fail(ErrorCode::kInvalid, fmt::format("the weights cannot be read ({}): {}", e.what_without_backtrace(),
                                          (folder / "model.pt").string()));
  }
  model.net->eval();
  return model;
}

}  // namespace spotter::nn
