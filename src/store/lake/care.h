// Looking after a lake and the library below it; not for reading or writing rows.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "store/lake/lake.h"

namespace spotter::lake {

// Bytes of files in `folder` that the newest snapshot of its lake does not need: what compact would
// free.
[[nodiscard]] std::uintmax_t unneeded_bytes(Lake& lake, const std::filesystem::path& folder);
// Loads each extension that the lake needs with its signature checked; throws kInternal. Takes 0.3
// s.
void check_extensions();
// The version of the DuckDB library that is loaded.
[[nodiscard]] std::string library_version();

}  // namespace spotter::lake
