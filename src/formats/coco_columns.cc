#include "formats/coco_columns.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/error.h"
#include "base/files.h"
#include "base/parallel.h"
#include "formats/row_pieces.h"

namespace spotter::formats {
namespace {

using kernels::Rle;
using simdjson::dom::element;

constexpr std::int64_t kMaskSideMax = 1 << 16;
constexpr double kCornerMax = 1e6;  // pixels

struct Picture {
  std::int32_t position = 0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
};

struct Index {
  std::unordered_map<std::int64_t, Picture> pictures;
  std::unordered_map<std::int64_t, std::int32_t> categories;
};

element parse(simdjson::dom::parser& parser, const simdjson::padded_string& bytes,
              const std::string& origin) {
  element root;
  if (const auto error = parser.parse(bytes).get(root); error != simdjson::SUCCESS) {
    fail(ErrorCode::kInvalid,
         fmt::format("the JSON is broken ({}): {}", simdjson::error_message(error), origin));
  }
  return root;
}

simdjson::padded_string load(const std::filesystem::path& path) {
  const auto text = read_file(path);
  return simdjson::padded_string(text.data(), text.size());
}

// A member of a row as a number; throws kInvalid naming it.
double number(element row, const char* name) {
  double value = 0;
  if (row[name].get(value) != simdjson::SUCCESS || !std::isfinite(value)) {
    fail(ErrorCode::kInvalid, fmt::format("\"{}\" is missing or no finite number", name));
  }
  return value;
}

std::int64_t whole(element row, const char* name) {
  std::int64_t value = 0;
  if (row[name].get(value) != simdjson::SUCCESS) {
    const double real = number(row, name);
    if (real != std::floor(real) || std::abs(real) > 9e15) {
      fail(ErrorCode::kInvalid, fmt::format("\"{}\" is no whole number", name));
    }
    return static_cast<std::int64_t>(real);
  }
  return value;
}

bool has(element row, const char* name) {
  element found;
  return row[name].get(found) == simdjson::SUCCESS && !found.is_null();
}

std::array<double, 4> box_of(element row) {
  simdjson::dom::array values;
  if (row["bbox"].get(values) != simdjson::SUCCESS || values.size() != 4) {
    fail(ErrorCode::kInvalid, "\"bbox\" is missing or has not four numbers");
  }
  std::array<double, 4> box{};
  std::size_t i = 0;
  for (const element value : values) {
    if (value.get(box[i]) != simdjson::SUCCESS || !std::isfinite(box[i])) {
      fail(ErrorCode::kInvalid, "\"bbox\" holds something that is no finite number");
    }
    ++i;
  }
  if (box[2] < 0 || box[3] < 0) {
    fail(ErrorCode::kInvalid, "\"bbox\" has a negative width or height");
  }
  return box;
}

Rle mask_of_polygons(simdjson::dom::array polygons, const Picture& picture) {
  std::vector<Rle> parts;
  for (const element polygon : polygons) {
    simdjson::dom::array numbers;
    if (polygon.get(numbers) != simdjson::SUCCESS || numbers.size() < 6) {
      fail(ErrorCode::kInvalid, "a polygon has fewer than three corners");
    }
    std::vector<double> points;
    for (const element value : numbers) {
      double v = 0;
      if (value.get(v) != simdjson::SUCCESS || !std::isfinite(v) || std::abs(v) > kCornerMax) {
        fail(ErrorCode::kInvalid, "a polygon holds something that is no sensible number");
      }
      points.push_back(v);
    }
    parts.push_back(kernels::rle_from_polygon(points, picture.height, picture.width));
  }
  return kernels::rle_union(parts);
}

Rle mask_of_runs(element segmentation) {
  simdjson::dom::array size;
  std::array<std::int64_t, 2> sides{};
  if (segmentation["size"].get(size) != simdjson::SUCCESS || size.size() != 2 ||
      size.at(0).get(sides[0]) != simdjson::SUCCESS ||
      size.at(1).get(sides[1]) != simdjson::SUCCESS || sides[0] < 1 || sides[1] < 1 ||
      sides[0] > kMaskSideMax || sides[1] > kMaskSideMax) {
    fail(ErrorCode::kInvalid, "the mask's \"size\" is missing or wrong");
  }
  const auto height = static_cast<std::uint32_t>(sides[0]);
  const auto width = static_cast<std::uint32_t>(sides[1]);
  std::string_view text;
  if (segmentation["counts"].get(text) == simdjson::SUCCESS) {
    return kernels::rle_from_text(text, height, width);
  }
  simdjson::dom::array counts;
  if (segmentation["counts"].get(counts) != simdjson::SUCCESS) {
    fail(ErrorCode::kInvalid, "the mask has no \"counts\"");
  }
  Rle mask{.height = height, .width = width};
  for (const element value : counts) {
    std::uint64_t run = 0;
    if (value.get(run) != simdjson::SUCCESS || run > std::uint64_t{height} * width) {
      fail(ErrorCode::kInvalid, "the mask's \"counts\" hold a wrong number");
    }
    mask.runs.push_back(static_cast<std::uint32_t>(run));
  }
  kernels::check_runs(mask);
  return mask;
}

Rle mask_of(element row, const Picture& picture) {
  element segmentation;
  if (row["segmentation"].get(segmentation) != simdjson::SUCCESS) {
    fail(ErrorCode::kInvalid, "\"segmentation\" is missing");
  }
  simdjson::dom::array polygons;
  const Rle mask = segmentation.get(polygons) == simdjson::SUCCESS
                       ? mask_of_polygons(polygons, picture)
                       : mask_of_runs(segmentation);
  if (mask.height != picture.height || mask.width != picture.width) {
    fail(ErrorCode::kInvalid, "the mask is not as large as its picture");
  }
  return mask;
}

Rle mask_of_box(const std::array<double, 4>& box, const Picture& picture) {
  if (std::abs(box[0]) + box[2] > kCornerMax || std::abs(box[1]) + box[3] > kCornerMax) {
    fail(ErrorCode::kInvalid, "\"bbox\" is far outside of the picture");
  }
  const double x2 = box[0] + box[2];
  const double y2 = box[1] + box[3];
  return kernels::rle_from_polygon(std::array{box[0], box[1], box[0], y2, x2, y2, x2, box[1]},
                                   picture.height, picture.width);
}

simdjson::dom::array list(element root, const char* name, const std::string& origin) {
  simdjson::dom::array rows;
  if (root[name].get(rows) != simdjson::SUCCESS) {
    fail(ErrorCode::kInvalid,
         fmt::format("this is no COCO ground truth, for it has no list \"{}\": {}", name, origin));
  }
  return rows;
}

// Positions follow the sorted ids, as they decide the order of ties.
Index read_index(element root, CocoPair& pair, const std::string& origin) {
  Index index;
  std::map<std::int64_t, Picture> pictures;
  for (const element row : list(root, "images", origin)) {
    Picture picture;
    const auto id = whole(row, "id");
    picture.width = has(row, "width") ? static_cast<std::uint32_t>(std::clamp(
                                            whole(row, "width"), std::int64_t{0}, kMaskSideMax))
                                      : 0;
    picture.height = has(row, "height") ? static_cast<std::uint32_t>(std::clamp(
                                              whole(row, "height"), std::int64_t{0}, kMaskSideMax))
                                        : 0;
    if (!pictures.emplace(id, picture).second) {
      pair.rejects.add(origin, fmt::format("image {}", id), "this id is there twice");
    }
  }
  for (auto& [id, picture] : pictures) {
    picture.position = pair.size.images++;
    pair.image_ids.push_back(id);
    index.pictures.emplace(id, picture);
  }
  std::map<std::int64_t, std::string> categories;
  for (const element row : list(root, "categories", origin)) {
    std::string_view name = "";
    if (row["name"].get(name) != simdjson::SUCCESS) {
      name = "";
    }
    categories.emplace(whole(row, "id"), std::string(name));
  }
  for (const auto& [id, name] : categories) {
    index.categories.emplace(id, pair.size.categories++);
    pair.class_names.push_back(name.empty() ? fmt::format("{}", id) : name);
  }
  return index;
}

// Adds the row's picture and class, or rejects it.
const Picture& place(element row, const Index& index, kernels::CocoColumns& columns) {
  const auto image = whole(row, "image_id");
  const auto picture = index.pictures.find(image);
  if (picture == index.pictures.end()) {
    fail(ErrorCode::kInvalid, fmt::format("image_id {} is not in the ground truth", image));
  }
  const auto category = whole(row, "category_id");
  const auto found = index.categories.find(category);
  if (found == index.categories.end()) {
    fail(ErrorCode::kInvalid, fmt::format("category_id {} is not in the ground truth", category));
  }
  columns.image.push_back(picture->second.position);
  columns.category.push_back(found->second);
  return picture->second;
}

// Takes back what a rejected row has already pushed.
void trim(kernels::CocoColumns& columns, std::size_t size) {
  columns.image.resize(size);
  columns.category.resize(size);
  columns.box.resize(size);
  columns.area.resize(size);
  columns.score.resize(std::min(columns.score.size(), size));
  columns.crowd.resize(std::min(columns.crowd.size(), size));
  columns.zero_id.resize(std::min(columns.zero_id.size(), size));
  columns.mask.resize(std::min(columns.mask.size(), size));
}

void add_truth(element row, const Index& index, Overlap overlap, kernels::CocoColumns& columns) {
  const auto& picture = place(row, index, columns);
  const bool crowd = has(row, "iscrowd") && whole(row, "iscrowd") != 0;
  columns.box.push_back(overlap == Overlap::kBox || has(row, "bbox") ? box_of(row)
                                                                     : std::array<double, 4>{});
  columns.crowd.push_back(crowd ? 1 : 0);
  columns.zero_id.push_back(has(row, "id") && whole(row, "id") == 0 ? 1 : 0);
  if (overlap == Overlap::kMask) {
    columns.mask.push_back(mask_of(row, picture));
  }
  const auto& b = columns.box.back();
  columns.area.push_back(has(row, "area") ? number(row, "area")
                         : overlap == Overlap::kMask
                             ? static_cast<double>(columns.mask.back().area())
                             : b[2] * b[3]);
}

// `by_box`: boxes decide the sizes, and stand for masks that are missing.
void add_detection(element row, const Index& index, Overlap overlap, bool by_box,
                   kernels::CocoColumns& columns) {
  const auto& picture = place(row, index, columns);
  columns.score.push_back(number(row, "score"));
  columns.box.push_back(by_box ? box_of(row) : std::array<double, 4>{});
  if (overlap == Overlap::kMask) {
    columns.mask.push_back(by_box && !has(row, "segmentation")
                               ? mask_of_box(columns.box.back(), picture)
                               : mask_of(row, picture));
    if (!by_box) {
      columns.box.back() = columns.mask.back().box();
    }
  }
  const auto& b = columns.box.back();
  columns.area.push_back(by_box ? b[2] * b[3] : static_cast<double>(columns.mask.back().area()));
}

void read_truths(element root, const Index& index, Overlap overlap, CocoPair& pair,
                 const std::string& origin) {
  std::int64_t number_of_row = 0;
  std::unordered_map<std::int64_t, bool> seen;
  for (const element row : list(root, "annotations", origin)) {
    ++number_of_row;
    const std::size_t size = pair.truths.size();
    try {
      if (has(row, "id") && !seen.emplace(whole(row, "id"), true).second) {
        fail(ErrorCode::kInvalid, fmt::format("annotation id {} is there twice", whole(row, "id")));
      }
      add_truth(row, index, overlap, pair.truths);
      pair.truth_ids.push_back(has(row, "id") ? whole(row, "id") : 0);
    } catch (const Error& e) {
      trim(pair.truths, size);
      pair.rejects.add(origin, fmt::format("annotation {}", number_of_row), e.what());
    }
  }
}

struct Piece {
  std::string_view text;  // rows between commas, without the brackets of the list
  kernels::CocoColumns columns;
  Rejects rejects{std::numeric_limits<std::size_t>::max()};
  std::int64_t row_count = 0;
  bool broken = false;
};

struct DetectionReader {
  const Index& index;
  Overlap overlap = Overlap::kBox;
  bool by_box = true;
  const std::string& origin;

  // Where a row is in the whole list is known only at the end: `where` holds its number in the
  // piece.
  void rows(simdjson::dom::array list, Piece& piece) const {
    for (const element row : list) {
      ++piece.row_count;
      const std::size_t size = piece.columns.size();
      try {
        add_detection(row, index, overlap, by_box, piece.columns);
      } catch (const Error& e) {
        trim(piece.columns, size);
        piece.rejects.add(origin, fmt::format("{}", piece.row_count), e.what());
      }
    }
  }
  void read(Piece& piece, simdjson::dom::parser& parser, std::string& buffer) const {
    buffer.assign(1, '[');
    buffer.append(piece.text);
    buffer.push_back(']');
    const std::size_t size = buffer.size();
    buffer.append(simdjson::SIMDJSON_PADDING, ' ');
    simdjson::dom::array list;
    piece.broken = parser.parse(buffer.data(), size, false).get(list) != simdjson::SUCCESS;
    if (!piece.broken) {
      rows(list, piece);
    }
  }
};

template <typename T>
void append(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

void join(std::vector<Piece>& pieces, CocoPair& pair) {
  auto& all = pair.detections;
  std::size_t count = 0;
  for (const auto& piece : pieces) {
    count += piece.columns.size();
  }
  all.image.reserve(count);
  all.category.reserve(count);
  all.box.reserve(count);
  all.area.reserve(count);
  all.score.reserve(count);
  std::int64_t before = 0;
  for (auto& piece : pieces) {
    append(all.image, piece.columns.image);
    append(all.category, piece.columns.category);
    append(all.box, piece.columns.box);
    append(all.area, piece.columns.area);
    append(all.score, piece.columns.score);
    append(all.mask, piece.columns.mask);
    for (const auto& r : piece.rejects.rows()) {
      pair.rejects.add(r.file, fmt::format("result {}", std::stoll(r.where) + before), r.reason);
    }
    before += piece.row_count;
    piece.columns = {};
  }
}

// Whether the first row of the results has a box: then boxes decide the sizes, as in the reference.
bool first_has_box(std::string_view first_rows, simdjson::dom::parser& parser) {
  const std::size_t border = next_row_border(first_rows, 0);
  const auto text = fmt::format("[{}]", first_rows.substr(0, border));
  simdjson::dom::array list;
  simdjson::dom::array box;
  return parser.parse(text).get(list) == simdjson::SUCCESS && list.size() > 0 &&
         list.at(0)["bbox"].get(box) == simdjson::SUCCESS && box.size() > 0;
}

// A file that cannot be read in pieces: broken, not a list, or with text that looks like a border
// between rows.
void read_whole(std::string_view text, DetectionReader reader, Piece& piece) {
  simdjson::dom::parser parser;
  const simdjson::padded_string bytes(text);
  const element root = parse(parser, bytes, reader.origin);
  simdjson::dom::array list;
  if (root.get(list) != simdjson::SUCCESS) {
    fail(ErrorCode::kInvalid,
         fmt::format("results are a list of objects with image_id, category_id, bbox and score: {}",
                     reader.origin));
  }
  for (const element row : list) {
    simdjson::dom::array box;
    reader.by_box = reader.overlap == Overlap::kBox ||
                    (row["bbox"].get(box) == simdjson::SUCCESS && box.size() > 0);
    break;
  }
  reader.rows(list, piece);
}

void read_detections(const std::filesystem::path& path, const Index& index, Overlap overlap,
                     CocoPair& pair) {
  const std::string origin = path.string();
  const std::string text = read_file(path);
  std::vector<Piece> pieces;
  for (const auto rows : cut_list(text)) {
    pieces.emplace_back().text = rows;
  }
  DetectionReader reader{.index = index, .overlap = overlap, .origin = origin};
  if (overlap == Overlap::kMask && !pieces.empty()) {
    simdjson::dom::parser parser;
    reader.by_box = first_has_box(pieces.front().text, parser);
  }
  parallel_for(pieces.size(), (pieces.size() + 15) / 16, [&](std::size_t begin, std::size_t end) {
    simdjson::dom::parser parser;
    std::string buffer;
    for (std::size_t i = begin; i < end; ++i) {
      reader.read(pieces[i], parser, buffer);
    }
  });
  if (pieces.empty() ||
      std::any_of(pieces.begin(), pieces.end(), [](const Piece& p) { return p.broken; })) {
    pieces.clear();
    pieces.emplace_back();
    read_whole(text, reader, pieces.front());
  }
  join(pieces, pair);
}

}  // namespace

CocoPair read_coco_pair(const std::filesystem::path& truth, const std::filesystem::path& results,
                        Overlap overlap) {
  CocoPair pair;
  simdjson::dom::parser parser;
  Index index;
  {
    const auto bytes = load(truth);
    const element root = parse(parser, bytes, truth.string());
    index = read_index(root, pair, truth.string());
    read_truths(root, index, overlap, pair, truth.string());
  }
  const std::size_t refused = pair.rejects.count();
  read_detections(results, index, overlap, pair);
  // Figures of no result at all would read as those of a model that finds nothing.
  if (const std::size_t lost = pair.rejects.count() - refused;
      lost > 0 && pair.detections.size() == 0) {
    const auto& rows = pair.rejects.rows();
    const bool kept = refused < rows.size();
    fail(ErrorCode::kInvalid,
         fmt::format("none of the {} results can be taken{}: {}", lost,
                     kept ? fmt::format("; {}: {}", rows[refused].where, rows[refused].reason) : "",
                     results.string()));
  }
  return pair;
}

}  // namespace spotter::formats
