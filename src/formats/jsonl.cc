#include "formats/jsonl.h"

#include <fstream>

#include "base/text.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;

bool sniff(const fs::path& path) {
  if (fs::is_directory(path)) {
    return false;
  }
  const auto extension = path.extension();
  if (extension == ".jsonl" || extension == ".ndjson") {
    return true;
  }
  std::ifstream in(path, std::ios::binary);
  std::string line(4096, '\0');
  in.read(line.data(), static_cast<std::streamsize>(line.size()));
  line.resize(static_cast<std::size_t>(in.gcount()));
  const auto first = trim(std::string_view(line).substr(0, line.find('\n')));
  return first.starts_with('{') && first.ends_with('}') &&
         first.find("\"key\"") != std::string_view::npos;
}

}  // namespace

extern constinit const Format format_jsonl = {
    .name = "jsonl",
    .summary = "JSON Lines: metadata, labels, sensor layers, predictions with uncertainty, flags",
    .layout =
        "a file with one JSON object a line (docs/internals/jsonl.md); pictures in --images, else "
        "beside the file",
    .sniff = sniff,
    .read = read_jsonl,
    .write = write_jsonl,
};

}  // namespace spotter::formats
