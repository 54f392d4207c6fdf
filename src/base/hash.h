// Content hashes (SHA-256, lower-case hex), by libsodium.
#pragma once
#include <array>
#include <filesystem>
#include <string>
#include <string_view>

namespace spotter {

[[nodiscard]] std::string sha256_hex(std::string_view bytes);
// Streams the file; throws kNotFound.
[[nodiscard]] std::string sha256_file(const std::filesystem::path& path);

}  // namespace spotter
