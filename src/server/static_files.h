// The web application's own files, read once at start and kept in memory: no request ever names a
// path that is opened. Names with a content hash are cached for ever; index.html is answered to
// every page address.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "server/http.h"

namespace spotter::server {

class StaticFiles {
 public:
  // Reads `folder` (web/ beside the program). A missing folder is told on the page, not here.
  explicit StaticFiles(const std::filesystem::path& folder);

  // The answer to GET and HEAD of anything outside /api/. `nonce` is written into index.html and
  // allows its styles. Nothing for other methods.
  [[nodiscard]] std::optional<Response> answer(const Request& request,
                                               const std::string& nonce) const;

 private:
  struct File {
    std::string bytes;
    std::string packed;  // gzip, or empty
    std::string media_type;
    std::string etag;
  };
  [[nodiscard]] Response page(const std::string& nonce) const;
  std::map<std::string, File, std::less<>> files_;
};

}  // namespace spotter::server
