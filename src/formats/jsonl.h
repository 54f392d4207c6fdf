// JSON Lines: Spotter's own format, one sample a line, that holds everything: metadata, labels,
// sensor layers, predictions with uncertainty, flags. docs/internals/jsonl.md. Private to this
// folder.
#pragma once
#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "formats/format.h"

namespace spotter::formats {

[[nodiscard]] ReadReport read_jsonl(const std::filesystem::path& path, const ReadOptions& options,
                                    const std::function<void(Record)>& take);
[[nodiscard]] WriteReport write_jsonl(const std::filesystem::path& path,
                                      std::span<const WriteItem> items,
                                      std::span<const std::string> classes);
// One line, without its end, in the form that read_jsonl reads.
[[nodiscard]] std::string jsonl_line(const WriteItem& item);

}  // namespace spotter::formats
