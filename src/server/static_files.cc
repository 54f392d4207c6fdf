#include "server/static_files.h"

#include <array>

#include <fmt/format.h>

#include "base/files.h"
#include "base/hash.h"

namespace spotter::server {
namespace {

constexpr std::string_view kNoncePlace = "__NONCE__";

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kMediaTypes = {{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".json", "application/json"},
    {".woff2", "font/woff2"},
}};

std::string_view media_type_of(const std::string& extension) {
  for (const auto& [known, type] : kMediaTypes) {
    if (known == extension) {
      return type;
    }
  }
  return "application/octet-stream";
}

std::string page_policy(const std::string& nonce) {
  return fmt::format(
      "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'nonce-{}'; object-src "
      "'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
      nonce);
}

}  // namespace

StaticFiles::StaticFiles(const std::filesystem::path& folder) {
  if (!std::filesystem::is_directory(folder)) {
    return;
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const auto& path = entry.path();
    if (!entry.is_regular_file() || path.extension() == ".gz" ||
        path.filename().string().starts_with('.')) {
      continue;
    }
    File file{.bytes = read_file(path),
              .packed = {},
              .media_type = std::string(media_type_of(path.extension().string())),
              .etag = {}};
    file.etag = "\"" + sha256_hex(file.bytes).substr(0, 20) + "\"";
    const auto packed = std::filesystem::path(path.string() + ".gz");
    if (std::filesystem::exists(packed)) {
      file.packed = read_file(packed);
    }
    files_["/" + std::filesystem::relative(path, folder).generic_string()] = std::move(file);
  }
}

std::optional<Response> StaticFiles::answer(const Request& request,
                                            const std::string& nonce) const {
  if (request.method != "GET" && request.method != "HEAD") {
    return std::nullopt;
  }
  const auto found = files_.find(request.path);
  if (found == files_.end() || request.path == "/index.html") {
    if (request.path.starts_with("/assets/")) {
      return error_response(404, "not_found", "there is no such file");
    }
    return page(nonce);
  }
  const File& file = found->second;
  Response response{.media_type = file.media_type, .body = {}};
  response.headers = {
      {"ETag", file.etag},
      {"Cache-Control",
       request.path.starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache"},
      {"Vary", "Accept-Encoding"}};
  if (etag_matches(request, file.etag)) {
    response.status = 304;
    return response;
  }
  if (!file.packed.empty() &&
      request.header("accept-encoding").find("gzip") != std::string_view::npos) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = file.packed;
  } else {
    response.body = file.bytes;
  }
  return response;
}

Response StaticFiles::page(const std::string& nonce) const {
  Response response{.media_type = "text/html; charset=utf-8", .body = {}};
  response.headers = {{"Cache-Control", "no-store"},
                      {"Content-Security-Policy", page_policy(nonce)}};
  const auto index = files_.find("/index.html");
  if (index == files_.end()) {
    response.status = 503;
    response.body =
        "<!doctype html><title>Spotter</title><p>The pages are not here: the folder "
        "<code>web</code> "
        "beside the program is missing. Build it with <code>./run build</code>.</p>";
    return response;
  }
  response.body = index->second.bytes;
  for (auto at = response.body.find(kNoncePlace); at != std::string::npos;
       at = response.body.find(kNoncePlace, at)) {
    response.body.replace(at, kNoncePlace.size(), nonce);
  }
  return response;
}

}  // namespace spotter::server
