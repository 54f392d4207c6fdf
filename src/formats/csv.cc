#include <algorithm>
#include <array>
#include <fstream>
#include <optional>

#include <fmt/format.h>

#include "base/attempt.h"
#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "formats/format.h"
#include "formats/image_folder.h"
#include "formats/rows.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBytesMax = std::size_t{1} << 30;
constexpr std::array<std::string_view, 4> kImageNames = {"image", "file", "filename", "path"};
constexpr std::array<std::string_view, 2> kClassNames = {"class", "label"};

// The next row of RFC 4180 text; `at` moves behind it. Nothing when a quote is not closed.
std::optional<std::vector<std::string>> next_row(std::string_view text, std::size_t& at) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted && c == '"' && at + 1 < text.size() && text[at + 1] == '"') {
      cells.back() += '"';
      ++at;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == ',') {
      cells.emplace_back();
    } else if (!quoted && c == '\n') {
      ++at;
      return cells;
    } else if (quoted || c != '\r') {
      cells.back() += c;
    }
  }
  return quoted ? std::nullopt : std::optional(std::move(cells));
}

// Which column holds what; −1 = none does.
struct Header {
  std::vector<std::string> names;

  [[nodiscard]] int column(std::span<const std::string_view> known) const {
    for (const auto& name : known) {
      const auto found = std::find(names.begin(), names.end(), name);
      if (found != names.end()) {
        return static_cast<int>(found - names.begin());
      }
    }
    return -1;
  }
};

Header header_of(std::string_view text, std::size_t& at) {
  Header header;
  for (auto& name : next_row(text, at).value_or(std::vector<std::string>{})) {
    header.names.push_back(to_lower(trim(name)));
  }
  return header;
}

// "17" and "0.5" become numbers, true and false truth values, all else text.
Json value_of(const std::string& cell) {
  if (cell == "true" || cell == "false") {
    return cell == "true";
  }
  if (const auto number = parse_number(cell)) {
    return Json(*number);
  }
  return Json(cell);
}

class Reader {
 public:
  Reader(const fs::path& path, const ReadOptions& options, ReadReport& report)
      : path_(path),
        report_(report),
        classes_(options, report),
        images_(options.images.empty() ? fs::absolute(path).parent_path() : options.images) {}

  void read(std::string_view text, const std::function<void(Record)>& take) {
    std::size_t at = 0;
    header_ = header_of(text, at);
    image_ = header_.column(kImageNames);
    class_ = header_.column(kClassNames);
    if (image_ < 0) {
      fail(ErrorCode::kInvalid,
           fmt::format("the first line names no column \"image\" (there are {}): {}",
                       fmt::join(header_.names, ", "), path_.string()));
    }
    for (std::size_t number = 2; at < text.size(); ++number) {
      const auto cells = next_row(text, at);
      if (cells && cells->size() == 1 && trim((*cells)[0]).empty()) {
        continue;
      }
      Record record{.file = path_.string(), .where = fmt::format("row {}", number)};
      const auto problem = !cells ? "a quote is not closed" : problem_of_row(*cells, record);
      if (problem.empty()) {
        ++report_.records;
        take(std::move(record));
      } else {
        report_.rejects.add(record.file, record.where, problem);
      }
    }
  }

 private:
  std::string problem_of_row(const std::vector<std::string>& cells, Record& record) {
    if (cells.size() != header_.names.size()) {
      return fmt::format("it has {} cells, and the first line names {}", cells.size(),
                         header_.names.size());
    }
    const auto& name = cells[static_cast<std::size_t>(image_)];
    auto found = images_.find(name);
    if (!safe_relative_path(name)) {
      return found.reason;
    }
    record.sample.file_name = found.name.empty() ? name : found.name;
    record.image = std::move(found.file);
    record.image_problem = std::move(found.reason);
    Json attributes = Json::object();
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const bool used = static_cast<int>(i) == image_ || static_cast<int>(i) == class_;
      if (used || cells[i].empty()) {
        continue;
      }
      if (auto problem = take_cell(header_.names[i], cells[i], record.sample, attributes);
          !problem.empty()) {
        return problem;
      }
    }
    record.sample.attributes = attributes.empty() ? "" : attributes.dump();
    const auto class_name = class_ < 0 ? "" : cells[static_cast<std::size_t>(class_)];
    if (class_name.empty()) {
      return {};
    }
    auto problem = classes_.problem(class_name);
    if (problem.empty()) {
      record.labels = {whole_label(class_name)};
      ++report_.objects;
    }
    return problem;
  }

  static std::string take_cell(const std::string& name, const std::string& cell, Sample& sample,
                               Json& attributes) {
    if (name == "key") {
      sample.key = cell;
    } else if (name == "sequence") {
      sample.sequence = cell;
    } else if (name == "source") {
      sample.source = cell;
    } else if (name == "captured_at") {
      return problem_of([&] { sample.captured_at = parse_time(cell); });
    } else if (name == "frame") {
      const auto frame = parse_number(cell);
      if (!frame || !(*frame >= 0 && *frame <= 9e15) ||
          *frame != static_cast<double>(static_cast<std::int64_t>(*frame))) {
        return fmt::format("the frame \"{}\" is not a whole number from 0", cell);
      }
      sample.frame = static_cast<std::int64_t>(*frame);
    } else {
      attributes[name] = value_of(cell);
    }
    return {};
  }

  const fs::path& path_;
  ReadReport& report_;
  ClassNames classes_;
  ImageFolder images_;
  Header header_;
  int image_ = -1;
  int class_ = -1;
};

bool sniff(const fs::path& path) {
  if (fs::is_directory(path) || to_lower(path.extension().string()) != ".csv") {
    return false;
  }
  std::ifstream in(path, std::ios::binary);
  std::string line;
  std::size_t at = 0;
  return std::getline(in, line) && header_of(line, at).column(kImageNames) >= 0;
}

ReadReport read(const fs::path& path, const ReadOptions& options,
                const std::function<void(Record)>& take) {
  ReadReport report;
  const auto text = read_file(path, kBytesMax);
  if (!valid_utf8(text)) {
    fail(ErrorCode::kInvalid, fmt::format("the text is not UTF-8: {}", path.string()));
  }
  Reader(path, options, report).read(text, take);
  if (report.records == 0 && report.rejects.count() > 0) {
    fail(ErrorCode::kInvalid,
         fmt::format("not one row can be read; {}: {}: {}", report.rejects.rows().front().where,
                     report.rejects.rows().front().reason, path.string()));
  }
  return report;
}

// A cell as RFC 4180 wants it.
std::string cell_of(const std::string& text) {
  if (text.find_first_of("\",\r\n") == std::string::npos) {
    return text;
  }
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c == '"' ? "\"\"" : std::string(1, c);
  }
  return quoted + "\"";
}

WriteReport write(const fs::path& path, std::span<const WriteItem> items,
                  std::span<const std::string> /*classes*/) {
  WriteReport report;
  std::string text = "image,class\n";
  for (const auto& item : items) {
    const auto labels =
        item.labels ? std::span<const Label>(item.labels->labels) : std::span<const Label>();
    const auto& name = item.sample.file_name.empty() ? item.sample.key : item.sample.file_name;
    text += cell_of(name) + "," + (labels.empty() ? "" : cell_of(labels[0].class_name)) + "\n";
    report.written += labels.empty() ? 0 : 1;
    ++report.samples;
    for (std::size_t i = 1; i < labels.size(); ++i) {
      ++report.dropped;
      report.rejects.add(path.string(), name,
                         "a picture has one class in a table; the first counts");
    }
  }
  write_file_atomic(path, text);
  report.notes.emplace_back("only the class is kept");
  return report;
}

}  // namespace

extern constinit const Format format_csv;
constinit const Format format_csv = {
    .name = "csv",
    .summary = "A table of pictures with a class each",
    .layout =
        "a .csv whose first line names the columns: image, class, and if wanted key, sequence, "
        "frame, captured_at, source; others become attributes (split, weather, …)",
    .sniff = sniff,
    .read = read,
    .write = write,
};

}  // namespace spotter::formats
