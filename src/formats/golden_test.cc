#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/json.h"
#include "formats/convert.h"
#include "formats/jsonl.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;

// tests/formats/<format>/<case>/{in/, options.json, expected.jsonl, expected.json}: what is read,
// as JSON Lines, and the report. SPOTTER_UPDATE_GOLDEN=1 rewrites what is expected; read the
// difference.
fs::path golden_root() {
  for (fs::path folder = program_folder();; folder = folder.parent_path()) {
    if (fs::is_directory(folder / "tests" / "formats") || folder == folder.parent_path()) {
      return folder / "tests" / "formats";
    }
  }
}

std::vector<fs::path> golden_cases() {
  std::vector<fs::path> cases;
  for (const auto& format : fs::directory_iterator(golden_root())) {
    if (format.is_directory()) {
      for (const auto& folder : fs::directory_iterator(format.path())) {
        if (fs::is_directory(folder.path() / "in")) {
          cases.push_back(folder.path());
        }
      }
    }
  }
  std::sort(cases.begin(), cases.end());
  return cases;
}

ReadOptions options_from(const Json& json, const fs::path& in) {
  ReadOptions options;
  if (json_get_or<std::string>(json, "content", "labels") == "predictions") {
    options.content = Content::kPredictions;
  }
  if (json.contains("reference")) {
    options.reference = in / json["reference"].get<std::string>();
  }
  options.voc_base = json_get_or(json, "voc_base", -1);
  options.classes = json_get_or(json, "classes", std::vector<std::string>());
  return options;
}

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

void expect_file(const fs::path& file, const std::string& text) {
  if (std::getenv("SPOTTER_UPDATE_GOLDEN") != nullptr) {
    write_file_atomic(file, text);
  }
  EXPECT_EQ(read_file(file), text) << file;
}

TEST(Golden, EveryCaseReadsAsExpected) {
  const auto cases = golden_cases();
  ASSERT_GE(cases.size(), 18U);
  for (const auto& folder : cases) {
    SCOPED_TRACE(folder.string());
    const Json json =
        fs::exists(folder / "options.json") ? read_json(folder / "options.json") : Json::object();
    const auto in = folder / "in";
    const auto path = in / json_get_or<std::string>(json, "path", "");
    std::string lines;
    const auto report =
        read_with(format_named(folder.parent_path().filename().string()),
                  json.contains("path") ? path : in, options_from(json, in),
                  [&](Record record) { lines += jsonl_line(item_of(std::move(record))) + "\n"; });
    const Json summary = {
        {"records", report.records},     {"objects", report.objects},
        {"converted", report.converted}, {"classes", report.classes},
        {"notes", report.notes},         {"rejects", rejects_json(report.rejects)}};
    expect_file(folder / "expected.jsonl", lines);
    expect_file(folder / "expected.json", replace_all(summary.dump(1), in.string(), "in") + "\n");
  }
}

}  // namespace
}  // namespace spotter::formats
