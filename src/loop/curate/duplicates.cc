#include "loop/curate/duplicates.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <mutex>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/npy.h"
#include "base/parallel.h"
#include "base/text.h"
#include "formats/image_folder.h"
#include "kernels/near_duplicates.h"
#include "kernels/perceptual_hash.h"
#include "media/image.h"

namespace spotter::curate {
namespace {

constexpr int kUsualBits = 6;

// What the report needs to know of each item.
struct Items {
  std::function<Json(std::uint32_t)> name;
  std::vector<std::string> splits;  // empty, or one an item ("" = in none)
  std::vector<std::int64_t> worth;  // empty, or one an item: the largest of a group is kept
};

Json group_of(const std::vector<std::uint32_t>& members, bool exact, const Items& items) {
  auto order = members;
  if (!items.worth.empty()) {
    const auto best = std::max_element(order.begin(), order.end(), [&](auto a, auto b) {
      return items.worth[a] < items.worth[b];
    });
    std::rotate(order.begin(), best, best + 1);
  }
  Json group = {{"kind", exact ? "exact" : "near"}, {"keep", items.name(order[0])}};
  group["members"] = Json::array();
  std::map<std::string, std::size_t> splits;
  for (const auto member : order) {
    group["members"].push_back(items.name(member));
    if (!items.splits.empty() && !items.splits[member].empty()) {
      ++splits[items.splits[member]];
    }
  }
  group["splits"] = Json::object();
  for (const auto& [split, count] : splits) {
    group["splits"][split] = count;
  }
  return group;
}

void add_groups(Json& report, const kernels::DuplicateGroups& found, const Items& items) {
  std::map<std::uint32_t, std::vector<std::uint32_t>> groups;
  for (std::uint32_t item = 0; item < found.group.size(); ++item) {
    groups[found.group[item]].push_back(item);
  }
  std::size_t exact_groups = 0;
  std::size_t duplicates = 0;
  std::size_t leaks = 0;
  report["groups"] = Json::array();
  for (const auto& [first, members] : groups) {
    if (members.size() > 1) {
      const bool exact = std::all_of(members.begin(), members.end(), [&](auto member) {
        return found.exact[member] == found.exact[members[0]];
      });
      report["groups"].push_back(group_of(members, exact, items));
      exact_groups += exact ? 1 : 0;
      duplicates += members.size() - 1;
      leaks += report["groups"].back()["splits"].size() > 1 ? 1 : 0;
    }
  }
  report["group_count"] = report["groups"].size();
  report["exact_groups"] = exact_groups;
  report["duplicates"] = duplicates;
  report["leaks"] = leaks;
}

std::string split_of_path(const std::string& name) {
  for (const auto& part : split(to_lower(name), '/')) {
    if (part == "train" || part == "test" || part == "val") {
      return part;
    }
    if (part == "valid" || part == "validation") {
      return "val";
    }
  }
  return "";
}

struct Picture {
  std::size_t bytes = 0;
  std::uint64_t look = 0;
  std::int64_t pixels = 0;
  std::string reason;  // why it could not be read
};

Picture look_at(const std::filesystem::path& file) {
  Picture picture;
  try {
    const std::string bytes = read_file(file);
    const auto info = media::probe(bytes, file.string());
    picture.pixels = std::int64_t{info.width} * info.height;
    picture.bytes = bytes.size();
    const auto small = media::resize(media::thumbnail(bytes, 2 * kernels::kHashSide, file.string()),
                                     kernels::kHashSide, kernels::kHashSide);
    std::vector<float> greys;
    for (std::size_t i = 0; i < small.rgb.size(); i += 3) {  // ITU-R BT.601, as JPEG has it
      greys.push_back(0.299F * static_cast<float>(small.rgb[i]) +
                      0.587F * static_cast<float>(small.rgb[i + 1]) +
                      0.114F * static_cast<float>(small.rgb[i + 2]));
    }
    picture.look = kernels::perceptual_hash(greys);
  } catch (const Error& error) {  // A broken picture is a row of the report, not the end of it.
    picture.reason = error.what();
  }
  return picture;
}

Json find_in_folder(const std::filesystem::path& folder, const DuplicateOptions& options) {
  const double asked = options.threshold < 0 ? kUsualBits : options.threshold;
  if (asked > 15 || asked != std::floor(asked)) {
    fail(ErrorCode::kInvalid,
         fmt::format("--threshold {} is no number of bits for pictures: 0 (equal) to 15", asked));
  }
  formats::ImageFolder images(folder);
  const auto& names = images.pictures();
  std::vector<Picture> pictures(names.size());
  std::atomic<std::size_t> done = 0;
  std::mutex progress_mutex;
  parallel_for(names.size(), 16, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      pictures[i] = look_at(folder / names[i]);
    }
    done += end - begin;
    if (options.progress) {
      const std::scoped_lock lock(progress_mutex);
      options.progress(static_cast<double>(done) / static_cast<double>(names.size()), "");
    }
  });
  Json rejects = Json::array();
  std::vector<std::string> kept;
  std::vector<std::uint64_t> hashes;
  Items items;
  std::vector<std::size_t> sizes;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!pictures[i].reason.empty()) {
      rejects.push_back({{"file", names[i]}, {"reason", pictures[i].reason}});
      continue;
    }
    kept.push_back(names[i]);
    hashes.push_back(pictures[i].look);
    items.splits.push_back(split_of_path(names[i]));
    items.worth.push_back(pictures[i].pixels);
    sizes.push_back(pictures[i].bytes);
  }
  auto found = kernels::near_hashes(hashes, static_cast<int>(asked));
  // Exact means the same bytes, not only the same look; only files of one size and look are hashed.
  std::map<std::pair<std::size_t, std::uint64_t>, std::vector<std::uint32_t>> alike;
  for (std::uint32_t i = 0; i < kept.size(); ++i) {
    alike[{sizes[i], hashes[i]}].push_back(i);
  }
  for (const auto& [key, members] : alike) {
    std::unordered_map<std::string, std::uint32_t> firsts;
    for (const auto member : members) {
      found.exact[member] =
          members.size() == 1
              ? member
              : firsts.try_emplace(sha256_file(folder / kept[member]), member).first->second;
    }
  }
  items.name = [&](std::uint32_t i) { return Json(kept[i]); };
  Json report = {{"kind", "pictures"}, {"items", kept.size()}, {"threshold", asked}};
  add_groups(report, found, items);
  report["rejects"] = std::move(rejects);
  return report;
}

std::vector<std::string> read_splits(const std::filesystem::path& path, std::size_t rows) {
  std::vector<std::string> splits;
  if (path.empty()) {
    return splits;
  }
  std::string text = read_file(path);
  while (text.ends_with('\n')) {
    text.pop_back();
  }
  for (const auto& line : split(text, '\n')) {
    splits.emplace_back(trim(line));
  }
  if (splits.size() != rows) {
    fail(ErrorCode::kInvalid, fmt::format("{} lines for {} rows; one split a row is needed: {}",
                                          splits.size(), rows, path.string()));
  }
  return splits;
}

// Scales each row to length 1; rows of zeros stay, and are equal to each other alone.
void normalise(std::span<float> values, std::size_t dimensions) {
  for (std::size_t begin = 0; begin < values.size(); begin += dimensions) {
    const auto row = values.subspan(begin, dimensions);
    double squares = 0;
    for (const float v : row) {
      squares += static_cast<double>(v) * static_cast<double>(v);
    }
    for (float& v : row) {
      v = squares > 0 ? static_cast<float>(static_cast<double>(v) / std::sqrt(squares)) : v;
    }
  }
}

Json find_in_matrix(const std::filesystem::path& path, const DuplicateOptions& options) {
  const Npy file(path);
  if (file.shape().size() != 2 || file.columns() == 0) {
    fail(ErrorCode::kInvalid,
         fmt::format("a matrix with one vector a row is needed: {}", path.string()));
  }
  const std::size_t dimensions = file.columns();
  const kernels::ReadRows read = [&](std::size_t first, std::span<float> out) {
    file.read(first * dimensions, out);
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (!std::isfinite(out[i])) {
        fail(ErrorCode::kInvalid,
             fmt::format("row {} holds a value that is not a finite number: {}",
                         first + i / dimensions, path.string()));
      }
    }
    if (options.cosine) {
      normalise(out, dimensions);
    }
  };
  const Items items{.name = [](std::uint32_t row) { return Json(row); },
                    .splits = read_splits(options.splits, file.rows())};
  double threshold = options.threshold;
  if (threshold < 0) {
    const auto usual = static_cast<double>(kernels::usual_threshold(file.rows(), dimensions, read));
    threshold = options.cosine ? usual * usual / 2 : usual;
  }
  const double distance = options.cosine ? std::sqrt(2 * threshold) : threshold;
  const auto found =
      kernels::near_duplicates(file.rows(), dimensions, read, static_cast<float>(distance));
  Json report = {{"kind", "vectors"}, {"items", file.rows()}, {"threshold", threshold}};
  add_groups(report, found, items);
  report["rejects"] = Json::array();
  return report;
}

}  // namespace

Json find_duplicates(const std::filesystem::path& path, const DuplicateOptions& options) {
  if (std::filesystem::is_directory(path)) {
    return find_in_folder(path, options);
  }
  if (path.extension() != ".npy") {
    fail(std::filesystem::exists(path) ? ErrorCode::kInvalid : ErrorCode::kNotFound,
         fmt::format("neither a folder of pictures nor a .npy matrix: {}", path.string()));
  }
  return find_in_matrix(path, options);
}

}  // namespace spotter::curate
