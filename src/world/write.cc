// The world as a folder. It is drawn into a folder beside the target and moved in at the end, so
// that a full disk or a signal leaves no half world.
#include <array>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <map>
#include <mutex>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/parallel.h"
#include "world/world.h"

namespace spotter::world {
namespace {

namespace fs = std::filesystem;

constexpr std::array kOwnNames = {"images", "samples.jsonl", "truth.jsonl", "world.json"};

double rounded(double value, double steps) {
  return std::round(value * steps) / steps;
}

Json box_json(const Box& box) {
  return {rounded(box.x1, 100), rounded(box.y1, 100), rounded(box.x2, 100), rounded(box.y2, 100)};
}

// As make_folders, but a full disk is not the caller's mistake.
void make_room(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error == std::errc::no_space_on_device) {
    fail(ErrorCode::kUnavailable,
         fmt::format("cannot create a folder ({}): free space or choose another --out: {}",
                     error.message(), folder.string()));
  }
  make_folders(folder);
}

// A hidden folder inside the target, hence on the same disk. It is removed in the end, and with it
// a target that was made for nothing.
class Staging {
 public:
  explicit Staging(const fs::path& target)
      : target_(target),
        made_target_(!fs::exists(target)),
        path_(target / fmt::format(".partial-{}", ::getpid())) {
    make_room(path_);
  }
  ~Staging() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
    if (made_target_) {
      fs::remove(target_, ignored);  // only if it is empty
    }
  }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path target_;
  bool made_target_;
  fs::path path_;
};

void write_plain(const fs::path& path, std::string_view bytes) {
  errno = 0;
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) {
    const int error = errno == 0 ? EIO : errno;
    fail(ErrorCode::kUnavailable,
         fmt::format("cannot write ({}): free space or choose another --out: {}",
                     std::generic_category().message(error), path.string()));
  }
}

void check_target(const fs::path& folder, bool replace) {
  std::error_code error;
  if (folder.empty()) {
    fail(ErrorCode::kInvalid, "--out names no folder");
  }
  if (!fs::exists(folder, error)) {
    return;
  }
  if (!fs::is_directory(folder, error)) {
    fail(ErrorCode::kInvalid, fmt::format("--out is not a folder: {}", folder.string()));
  }
  if (!fs::is_empty(folder, error) && !replace) {
    fail(ErrorCode::kInvalid,
         fmt::format(
             "the folder is not empty; choose another, or replace the world in it with --yes: {}",
             folder.string()));
  }
}

// Replaces what a world consists of and leaves everything else in the folder alone.
void move_in(const fs::path& from, const fs::path& folder) {
  for (const char* name : kOwnNames) {
    std::error_code error;
    fs::remove_all(folder / name, error);
    if (!error) {
      fs::rename(from / name, folder / name, error);
    }
    if (error) {
      fail(ErrorCode::kUnavailable, fmt::format("cannot move the world in ({}): {}",
                                                error.message(), (folder / name).string()));
    }
  }
}

struct Lines {
  std::string samples;
  std::string truth;
  std::map<std::string, std::int64_t> counts;
};

Lines write_scene(const Options& options, const SceneId& id, const fs::path& folder) {
  Lines lines;
  for (const Frame& frame : draw_scene(options, id)) {
    const fs::path image = folder / "images" / (frame.key + ".jpg");
    if (frame.index == 0) {
      make_room(image.parent_path());
    }
    write_plain(image, media::encode_jpeg(frame.image, kJpegQuality));
    lines.samples += sample_row(frame).dump() + "\n";
    lines.truth += truth_row(frame).dump() + "\n";
    ++lines.counts["frames"];
    ++lines.counts["weather " + frame.attributes["weather"].get<std::string>()];
    ++lines.counts["district " + frame.attributes["district"].get<std::string>()];
    lines.counts["night"] += frame.attributes["night"].get<bool>() ? 1 : 0;
    for (const auto& object : frame.objects) {
      if (!object.ignore) {
        ++lines.counts[object.class_name];
        if (!object.colour.empty()) {
          ++lines.counts[object.colour + " cone"];
        }
      }
    }
  }
  return lines;
}

Json options_json(const Options& options) {
  return {{"scenes", options.scenes},
          {"seed", options.seed},
          {"weeks", {options.week_first, options.week_last}},
          {"frames_per_scene", options.frames_per_scene},
          {"size", {options.width, options.height}},
          {"rain_week", options.rain_week},
          {"green_week", options.green_week},
          {"night_share", options.night_share},
          {"rain_share", options.rain_share},
          {"harbour_share", options.harbour_share},
          {"only_weather", options.only_weather},
          {"only_time", options.only_time},
          {"only_district", options.only_district},
          {"prefix", options.prefix},
          {"split", options.split}};
}

}  // namespace

Json sample_row(const Frame& frame) {
  Json clusters = Json::array();
  for (const auto& c : frame.lidar) {
    clusters.push_back({{"object", c.id},
                        {"class", "cluster"},
                        {"box", box_json(c.box)},
                        {"attributes",
                         {{"distance_m", rounded(c.distance_m, 100)},
                          {"height_m", rounded(c.height_m, 100)},
                          {"width_m", rounded(c.width_m, 100)},
                          {"points", c.points}}}});
  }
  return {{"key", frame.key},
          {"image", "images/" + frame.key + ".jpg"},
          {"sequence", frame.sequence},
          {"frame", frame.index},
          {"captured_at", iso_time(frame.captured_at)},
          {"source", frame.vehicle},
          {"attributes", frame.attributes},
          {"layers", {{"lidar", std::move(clusters)}}}};
}

Json truth_row(const Frame& frame) {
  Json objects = Json::array();
  for (const auto& o : frame.objects) {
    Json attributes;
    if (!o.colour.empty()) {
      attributes["colour"] = o.colour;
    }
    attributes["distance_m"] = rounded(o.ahead_m, 100);
    attributes["position_m"] = {rounded(o.right_m, 100), rounded(o.ahead_m, 100)};
    attributes["velocity_mps"] = {rounded(o.velocity_right_mps, 100),
                                  rounded(o.velocity_ahead_mps, 100)};
    Json row = {{"id", o.id},
                {"class", o.class_name},
                {"box", box_json(o.box)},
                {"visibility", rounded(o.visibility, 1000)},
                {"track", frame.sequence + "/" + o.id},
                {"attributes", std::move(attributes)}};
    if (!o.future_m.empty()) {
      Json future = Json::array();
      for (const auto& [right, ahead] : o.future_m) {
        future.push_back({rounded(right, 100), rounded(ahead, 100)});
      }
      row["future_m"] = std::move(future);
    }
    if (o.ignore) {
      row["ignore"] = true;
    }
    objects.push_back(std::move(row));
  }
  return {{"key", frame.key}, {"objects", std::move(objects)}};
}

Json write_world(const Options& options, const fs::path& folder, const WriteOptions& write) {
  const auto scenes = plan(options);
  check_target(folder, write.replace);
  const Staging staging(folder);
  std::vector<Lines> lines(scenes.size());
  std::atomic<std::size_t> done{0};
  std::mutex progress_mutex;
  parallel_for(scenes.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      lines[i] = write_scene(options, scenes[i], staging.path());
      const std::size_t count = ++done;
      if (write.progress) {
        const std::scoped_lock lock(progress_mutex);
        write.progress(static_cast<double>(count) / static_cast<double>(scenes.size()));
      }
    }
  });
  std::string samples;
  std::string truth;
  std::map<std::string, std::int64_t> counts;
  for (const auto& l : lines) {
    samples += l.samples;
    truth += l.truth;
    for (const auto& [name, count] : l.counts) {
      counts[name] += count;
    }
  }
  write_plain(staging.path() / "samples.jsonl", samples);
  write_plain(staging.path() / "truth.jsonl", truth);
  const Json facts = {{"world", 1}, {"options", options_json(options)}, {"counts", counts}};
  write_plain(staging.path() / "world.json", facts.dump(2) + "\n");
  move_in(staging.path(), folder);
  return facts;
}

}  // namespace spotter::world
