#include "loop/ingest/flags.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "formats/rows.h"
#include "loop/ingest/ingest.h"

namespace spotter::ingest {
namespace {

std::string box_text(const Box& box) {
  return box == Box{} ? "" : fmt::format("[{},{},{},{}]", box.x1, box.y1, box.x2, box.y2);
}

// By more than the pixel that rounding costs.
bool outside(const Box& box, const Sample& sample) {
  return box.x1 < -1 || box.y1 < -1 || box.x2 > sample.width + 1 || box.y2 > sample.height + 1;
}

Sample find_sample(Project& project, const std::string& key) {
  auto found = project.lake->samples(std::vector{key});
  if (found.empty()) {
    std::vector<std::string> known;
    for (const auto& sample : project.lake->samples()) {
      known.push_back(sample.key);
    }
    fail(ErrorCode::kNotFound, fmt::format("no sample \"{}\"{}", key, did_you_mean(key, known)));
  }
  return found.front();
}

}  // namespace

std::string flag_id(const FlagRow& row) {
  const std::string content =
      row.sample + "\n" + row.reason + "\n" + box_text(row.box) + "\n" + row.author;
  return "flag_" + sha256_hex(content).substr(0, 16);
}

bool has_flag(Project& project, const FlagRow& row) {
  return !project.catalog->query("SELECT 1 FROM flags WHERE id = $1", {flag_id(row)}).empty();
}

bool add_flag(Project& project, const FlagRow& row) {
  return project.catalog->execute(
             "INSERT INTO flags (id, sample, reason, box, author, source, created_at) VALUES ($1, "
             "$2, $3, $4, $5, "
             "$6, $7) ON CONFLICT (id) DO NOTHING",
             {flag_id(row), row.sample, row.reason, box_text(row.box), row.author, row.source,
              project.now()}) > 0;
}

Json flag(Project& project, const FlagOptions& options) {
  if (trim(options.reason).empty()) {
    fail(ErrorCode::kInvalid, "a flag needs a reason: say what is wrong");
  }
  const Sample sample = find_sample(project, options.sample);
  FlagRow row{.sample = sample.key,
              .reason = options.reason,
              .author = options.author.empty() ? project.person : options.author,
              .source = options.source};
  if (options.box) {
    row.box = *options.box;
    if (const Box& b = row.box; outside(b, sample)) {
      fail(ErrorCode::kInvalid,
           fmt::format("the box [{:g}, {:g}, {:g}, {:g}] leaves the picture \"{}\", which has {} x "
                       "{} pixels",
                       b.x1, b.y1, b.x2, b.y2, sample.key, sample.width, sample.height));
    }
    const auto check =
        formats::check_box(row.box, sample.width, sample.height, formats::Outside::kClip);
    if (!check.problem.empty()) {
      fail(ErrorCode::kInvalid, check.problem);
    }
  }
  const bool added = add_flag(project, row);
  Json box;
  if (options.box) {
    box = {row.box.x1, row.box.y1, row.box.x2, row.box.y2};
  }
  return {{"id", flag_id(row)},    {"sample", row.sample}, {"reason", row.reason},
          {"box", std::move(box)}, {"author", row.author}, {"added", added}};
}

}  // namespace spotter::ingest
