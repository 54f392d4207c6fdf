#include <iterator>

#include <fmt/format.h>

#include "base/files.h"
#include "base/time.h"
#include "formats/coco.h"
#include "formats/export_rows.h"
#include "formats/json_rows.h"
#include "formats/rows.h"

namespace spotter::formats {
namespace {

using Buffer = fmt::memory_buffer;

template <typename... Parts>
void put(Buffer& out, fmt::format_string<Parts...> format, Parts&&... parts) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Parts>(parts)...);
}

void put_image(Buffer& out, std::size_t id, const WriteItem& item, bool file_has_labels) {
  const Sample& sample = item.sample;
  const std::string name = export_name(sample);
  put(out, "{{\"id\":{},\"file_name\":{},\"width\":{},\"height\":{}", id, json_text(name),
      sample.width, sample.height);
  const auto text = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) {
      put(out, ",\"{}\":{}", key, json_text(value));
    }
  };
  text("key", sample.key);
  text("sequence", sample.sequence);
  text("source", sample.source);
  if (!sample.sequence.empty()) {
    put(out, ",\"frame\":{}", sample.frame);
  }
  if (sample.captured_at != 0) {
    text("captured_at", iso_time(sample.captured_at));
  }
  if (!sample.attributes.empty()) {
    put(out, ",\"attributes\":{}", sample.attributes);
  }
  if (file_has_labels && !item.labels) {
    put(out, ",\"labelled\":false");
  }
  put(out, "}}");
}

void put_box(Buffer& out, const Box& box) {
  put(out, "[{},{},{},{}]", box.x1, box.y1, box.width(), box.height());
}

void put_label(Buffer& out, std::size_t id, std::size_t image, std::size_t category,
               const Label& label) {
  put(out, "{{\"id\":{},\"image_id\":{},\"category_id\":{},\"bbox\":", id, image, category);
  put_box(out, label.box);
  put(out, ",\"area\":{},\"iscrowd\":{}", label.box.area(), label.crowd ? 1 : 0);
  if (label.ignore) {
    put(out, ",\"ignore\":1");
  }
  if (!label.track.empty()) {
    put(out, ",\"track_id\":{}", json_text(label.track));
  }
  if (!label.object.empty() && label.object != fmt::format("{}", id)) {
    put(out, ",\"object\":{}", json_text(label.object));
  }
  if (!label.attributes.empty()) {
    put(out, ",\"attributes\":{}", label.attributes);
  }
  put(out, "}}");
}

void put_annotations(Buffer& out, std::span<const WriteItem> items, ClassTable& classes,
                     WriteReport& report) {
  std::size_t id = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!items[i].labels) {
      continue;
    }
    for (const auto& label : items[i].labels->labels) {
      put(out, "{}\n", id == 0 ? "" : ",");
      put_label(out, ++id, i + 1, classes.position(label.class_name) + 1, label);
    }
  }
  report.written += id;
}

// Results name pictures by the ids of the file beside them.
void put_results(Buffer& out, std::span<const WriteItem> items, ClassTable& classes,
                 WriteReport& report) {
  bool first = true;
  put(out, "[");
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!items[i].predictions) {
      continue;
    }
    for (const auto& prediction : items[i].predictions->predictions) {
      put(out, "{}\n{{\"image_id\":{},\"category_id\":{},\"bbox\":", first ? "" : ",", i + 1,
          classes.position(prediction.class_name) + 1);
      put_box(out, prediction.box);
      put(out, ",\"score\":{}}}", prediction.score);
      first = false;
      ++report.written;
    }
  }
  put(out, "\n]\n");
}

void count_losses(const WriteItem& item, Losses& losses) {
  for (const auto& layer : item.layers) {
    for (std::size_t i = 0; i < layer.labels.size(); ++i) {
      losses.add(fmt::format("objects of layer \"{}\"", layer.layer));
    }
  }
  for (std::size_t i = 0; i < item.flags.size(); ++i) {
    losses.add("flags");
  }
  if (item.predictions) {
    for (const auto& p : item.predictions->predictions) {
      if (!p.probabilities.empty() || !p.aleatoric.empty() || !p.epistemic.empty()) {
        losses.add("uncertainties of predictions");
      }
    }
  }
}

std::string_view text_of(const Buffer& buffer) {
  return {buffer.data(), buffer.size()};
}

}  // namespace

WriteReport write_coco(const std::filesystem::path& path, std::span<const WriteItem> items,
                       std::span<const std::string> class_names) {
  WriteReport report{.samples = items.size()};
  ClassTable classes(class_names);
  Losses losses;
  bool has_labels = false;
  bool has_predictions = false;
  for (const auto& item : items) {
    has_labels = has_labels || item.labels.has_value();
    has_predictions = has_predictions || item.predictions.has_value();
    count_losses(item, losses);
  }
  Buffer out;
  put(out, "{{\"images\":[");
  for (std::size_t i = 0; i < items.size(); ++i) {
    put(out, "{}\n", i == 0 ? "" : ",");
    put_image(out, i + 1, items[i], has_labels);
  }
  put(out, "]");
  if (has_labels) {
    put(out, ",\n\"annotations\":[");
    put_annotations(out, items, classes, report);
    put(out, "]");
  }
  Buffer results;
  if (has_predictions) {
    put_results(results, items, classes, report);
  }
  put(out, ",\n\"categories\":[");
  for (std::size_t i = 0; i < classes.names().size(); ++i) {
    put(out, "{}\n{{\"id\":{},\"name\":{}}}", i == 0 ? "" : ",", i + 1,
        json_text(classes.names()[i]));
  }
  put(out, "]}}\n");
  write_file_atomic(path, text_of(out));
  if (has_predictions) {
    auto results_path = path;
    results_path.replace_extension(".results.json");
    write_file_atomic(results_path, text_of(results));
    report.notes.push_back(fmt::format("predictions are in the results list {}, which refers to {}",
                                       results_path.filename().string(), path.filename().string()));
  }
  losses.report(report);
  return report;
}

}  // namespace spotter::formats
