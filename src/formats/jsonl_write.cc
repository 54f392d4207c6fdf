#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/files.h"
#include "base/time.h"
#include "formats/json_rows.h"
#include "formats/jsonl.h"
#include "formats/rows.h"

namespace spotter::formats {
namespace {

// Members of one JSON object, in order; empty texts are left out.
class Members {
 public:
  Members& raw(std::string_view key, std::string_view json) {
    if (!json.empty()) {
      text_ += fmt::format("{}\"{}\":{}", text_.empty() ? "" : ",", key, json);
    }
    return *this;
  }
  Members& text(std::string_view key, std::string_view value) {
    return value.empty() ? *this : raw(key, json_text(value));
  }
  Members& numbers(std::string_view key, const std::vector<double>& values) {
    return values.empty() ? *this : raw(key, fmt::format("[{}]", fmt::join(values, ",")));
  }
  [[nodiscard]] std::string object() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

std::string box_text(const Box& box) {
  return fmt::format("[{},{},{},{}]", box.x1, box.y1, box.x2, box.y2);
}

std::string label_text(const Label& label) {
  return Members()
      .text("object", label.object)
      .text("class", label.class_name)
      .raw("box", box_text(label.box))
      .raw("crowd", label.crowd ? "true" : "")
      .raw("ignore", label.ignore ? "true" : "")
      .text("track", label.track)
      .raw("attributes", label.attributes)
      .object();
}

std::string prediction_text(const Prediction& p) {
  return Members()
      .text("class", p.class_name)
      .raw("score", number_text(p.score))
      .raw("box", box_text(p.box))
      .numbers("probabilities", p.probabilities)
      .numbers("aleatoric", p.aleatoric)
      .numbers("epistemic", p.epistemic)
      .raw("mutual_information", p.mutual_information < 0 ? "" : number_text(p.mutual_information))
      .text("track", p.track)
      .raw("embedding_row", p.embedding_row < 0 ? "" : fmt::format("{}", p.embedding_row))
      .raw("attributes", p.attributes)
      .object();
}

std::string flag_text(const Flag& flag) {
  return Members()
      .text("reason", flag.reason)
      .raw("box", flag.box == Box{} ? "" : box_text(flag.box))
      .text("by", flag.author)
      .object();
}

template <typename Items, typename Print>
std::string list_text(const Items& items, Print print) {
  std::string text;
  for (const auto& item : items) {
    text += (text.empty() ? "" : ",") + print(item);
  }
  return "[" + text + "]";
}

}  // namespace

std::string jsonl_line(const WriteItem& item) {
  const Sample& sample = item.sample;
  Members members;
  members.text("key", sample.key)
      .text("image", sample.file_name)
      .raw("width", sample.width > 0 ? fmt::format("{}", sample.width) : "")
      .raw("height", sample.height > 0 ? fmt::format("{}", sample.height) : "")
      .text("sequence", sample.sequence)
      .raw("frame", sample.sequence.empty() ? "" : fmt::format("{}", sample.frame))
      .text("captured_at", sample.captured_at == 0 ? "" : iso_time(sample.captured_at))
      .text("source", sample.source)
      .raw("attributes", sample.attributes);
  if (item.labels) {
    members.raw("objects", list_text(item.labels->labels, label_text));
  }
  if (!item.layers.empty()) {
    Members layers;
    for (const auto& layer : item.layers) {
      layers.raw(json_text(layer.layer).substr(1, json_text(layer.layer).size() - 2),
                 list_text(layer.labels, label_text));
    }
    members.raw("layers", layers.object());
  }
  if (item.predictions) {
    members.raw("predictions", list_text(item.predictions->predictions, prediction_text));
  }
  if (!item.flags.empty()) {
    members.raw("flags", list_text(item.flags, flag_text));
  }
  return members.object();
}

WriteReport write_jsonl(const std::filesystem::path& path, std::span<const WriteItem> items,
                        std::span<const std::string> /*classes*/) {
  WriteReport report;
  std::string text;
  for (const auto& item : items) {
    text += jsonl_line(item) + "\n";
    ++report.samples;
    report.written += item.labels ? item.labels->labels.size() : 0;
    report.written += item.predictions ? item.predictions->predictions.size() : 0;
    for (const auto& layer : item.layers) {
      report.written += layer.labels.size();
    }
  }
  write_file_atomic(path, text);
  return report;
}

}  // namespace spotter::formats
