#include "nn/validate.h"

#include <algorithm>

#include "kernels/coco_eval.h"
#include "nn/detect.h"

namespace spotter::nn {
namespace {

constexpr std::size_t kChunk = 256;  // pictures in memory at a time

void add_row(kernels::CocoColumns& columns, std::int32_t image, std::int32_t category,
             const Box& box) {
  columns.image.push_back(image);
  columns.category.push_back(category);
  columns.box.push_back({box.x1, box.y1, box.width(), box.height()});
  columns.area.push_back(box.area());
}

Box in_picture(const Box& box, const Item& item) {
  return {box.x1 / item.scale_x(), box.y1 / item.scale_y(), box.x2 / item.scale_x(),
          box.y2 / item.scale_y()};
}

struct Rows {
  kernels::CocoColumns truths;
  kernels::CocoColumns detections;
  std::int32_t pictures = 0;
};

void add_picture(Rows& rows, const Item& item, const Seen& seen,
                 const std::vector<std::string>& classes) {
  const std::int32_t image = rows.pictures++;
  for (const auto& object : item.objects) {
    add_row(rows.truths, image, object.class_index, in_picture(object.box, item));
    rows.truths.crowd.push_back(object.ignore ? 1 : 0);
  }
  for (const auto& [prediction, embedding] : seen.detections) {
    const auto found = std::find(classes.begin(), classes.end(), prediction.class_name);
    add_row(rows.detections, image, static_cast<std::int32_t>(found - classes.begin()),
            in_picture(prediction.box, item));
    rows.detections.score.push_back(prediction.score);
  }
}

}  // namespace

Json validate(Model& model, const std::filesystem::path& manifest, const InferParams& params,
              Rejects& rejects) {
  const auto items = read_manifest(manifest, model.classes, rejects, Empty::kAllowed);
  Rows rows;
  const LoadOptions input{model.params.input_width, model.params.input_height};
  for (std::size_t begin = 0; begin < items.size(); begin += kChunk) {
    const auto chunk = std::span(items).subspan(begin, std::min(kChunk, items.size() - begin));
    const auto data = load(chunk, input, rejects);
    const auto seen = detect(model, data, {.params = params});
    for (std::size_t i = 0; i < seen.size(); ++i) {
      add_picture(rows, data.items[i], seen[i], model.classes);
    }
  }
  if (rows.truths.size() == 0) {
    return Json::object();
  }
  const auto result =
      kernels::coco_evaluate(rows.truths, rows.detections,
                             {rows.pictures, static_cast<std::int32_t>(model.classes.size())});
  Json by_class = Json::object();
  for (std::size_t c = 0; c < model.classes.size(); ++c) {
    const auto& [truths, metrics] = result.classes[c];
    if (truths > 0) {
      by_class[model.classes[c]] = {{"ap", metrics[0]}, {"ap50", metrics[1]}};
    }
  }
  return {{"ap", result.metrics[0]},
          {"ap50", result.metrics[1]},
          {"ap75", result.metrics[2]},
          {"pictures", rows.pictures},
          {"classes", by_class}};
}

}  // namespace spotter::nn
