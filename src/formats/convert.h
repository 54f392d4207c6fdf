// From one interchange format to another, without a project: `spotter convert`.
#pragma once
#include <filesystem>
#include <string>

#include "base/json_fwd.h"
#include "formats/format.h"

namespace spotter::formats {

struct ConvertOptions {
  std::string from;
  std::filesystem::path in;
  std::string to;
  std::filesystem::path out;
  ReadOptions read;
  bool dry_run = false;    // reads and writes into a temporary folder that is removed
  bool overwrite = false;  // `out` may be there already
};

// {"from","to","samples_read","samples_written","read","written","converted","dropped","classes","notes",
// "rejects":[{"file","where","reason"}]}: numbers of objects; `converted` changed their shape on
// the way, `dropped` could not be read or cannot be held by the new format. Holds everything in
// memory. Throws as the readers do, kConflict when `out` is there, kInvalid when the format cannot
// be written.
[[nodiscard]] Json convert(const ConvertOptions& options);

// Throws kConflict when `out` is a file or a folder with something in it.
void require_free(const std::filesystem::path& out);

// The record as something to write.
[[nodiscard]] WriteItem item_of(Record record);

[[nodiscard]] Json rejects_json(const Rejects& rejects);

}  // namespace spotter::formats
