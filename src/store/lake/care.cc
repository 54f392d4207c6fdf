#include "store/lake/care.h"

#include "store/lake/duck.h"
#include "store/lake/manifest.h"

namespace spotter::lake {

std::uintmax_t unneeded_bytes(Lake& lake, const std::filesystem::path& folder) {
  (void)lake.snapshot();  // renews the list of files when it is stale
  const auto manifest = load_manifest(folder);
  if (!manifest) {
    return 0;
  }
  std::uintmax_t needed = 0;
  std::error_code absent;
  for (const auto& [table, files] : manifest->tables) {
    for (const auto& file : files) {
      for (const auto& path : {file.path, file.deletes}) {
        const auto bytes = path.empty() ? 0 : std::filesystem::file_size(folder / path, absent);
        needed += absent ? 0 : bytes;
      }
    }
  }
  std::uintmax_t all = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / "data", absent)) {
    const auto bytes = entry.is_regular_file(absent) ? entry.file_size(absent) : 0;
    all += absent ? 0 : bytes;
  }
  return all > needed ? all - needed : 0;
}

void check_extensions() {
  Duck duck(Signatures::kChecked);
  duck.load_extension("sqlite_scanner");
  duck.load_extension("ducklake");
}

}  // namespace spotter::lake
