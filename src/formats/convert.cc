#include "formats/convert.h"

#include <fmt/format.h>

#include "base/attempt.h"
#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "formats/image_folder.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;

// Formats of shares need sizes; a picture that is there knows its own.
void fill_size(Record& record, Rejects& rejects) {
  Sample& sample = record.sample;
  if (record.image.empty() || (sample.width > 0 && sample.height > 0)) {
    return;
  }
  const auto problem = problem_of([&] {
    const auto info = probe_file(record.image);
    sample.width = info.width;
    sample.height = info.height;
    sample.media_type = info.media_type;
  });
  if (!problem.empty()) {
    rejects.add(record.image.string(), "", problem);
  }
}

void append(Json& list, const Rejects& rejects) {
  for (const auto& row : rejects.rows()) {
    list.push_back({{"file", row.file}, {"where", row.where}, {"reason", row.reason}});
  }
}

}  // namespace

void require_free(const fs::path& out) {
  std::error_code error;
  if (fs::exists(out, error) && !(fs::is_directory(out, error) && fs::is_empty(out, error))) {
    fail(ErrorCode::kConflict,
         fmt::format("something is there already; name another place or say --overwrite: {}",
                     out.string()));
  }
}

WriteItem item_of(Record record) {
  WriteItem item{.sample = std::move(record.sample)};
  for (auto& set : record.labels) {
    if (set.layer == kLabelLayer) {
      item.labels = std::move(set);
    } else {
      item.layers.push_back(std::move(set));
    }
  }
  item.predictions = std::move(record.predictions);
  item.flags = std::move(record.flags);
  return item;
}

Json rejects_json(const Rejects& rejects) {
  Json list = Json::array();
  append(list, rejects);
  return list;
}

Json convert(const ConvertOptions& options) {
  const Format& from = format_named(options.from);
  const Format& to = format_named(options.to);
  if (to.write == nullptr) {
    fail(ErrorCode::kInvalid,
         fmt::format("the format \"{}\" can be read but not written", to.name));
  }
  if (!options.dry_run && !options.overwrite) {
    require_free(options.out);
  }
  std::vector<WriteItem> items;
  Rejects sizes;
  const auto read = read_with(from, options.in, options.read, [&](Record record) {
    fill_size(record, sizes);
    items.push_back(item_of(std::move(record)));
  });
  WriteReport written;
  if (options.dry_run) {
    const TemporaryFolder scratch;
    written = to.write(scratch.path() / options.out.filename(), items, read.classes);
  } else {
    written = to.write(options.out, items, read.classes);
  }
  Json notes = read.notes;
  for (const auto& note : written.notes) {
    notes.push_back(note);
  }
  Json rejects = rejects_json(read.rejects);
  append(rejects, sizes);
  append(rejects, written.rejects);
  return {{"from", options.from},         {"to", options.to},
          {"samples_read", read.records}, {"samples_written", written.samples},
          {"read", read.objects},         {"written", written.written},
          {"converted", read.converted},  {"dropped", read.rejects.count() + written.dropped},
          {"classes", read.classes},      {"notes", std::move(notes)},
          {"rejects", std::move(rejects)}};
}

}  // namespace spotter::formats
