// From request to response: guards, matching, parameters, the handler, and errors as JSON; the
// second of the four places that catch. Not for sockets and not for the web's files.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/http.h"
#include "server/route.h"

namespace spotter::server {

inline constexpr std::size_t kBodyBytesMax = std::size_t{1} << 20;

class Router {
 public:
  Router();

  // The answer to a request below /api/, and 404 for anything else. Never throws. HEAD gives the
  // headers of GET; OPTIONS gives the methods.
  [[nodiscard]] Response answer(Project& project, const Shared& shared,
                                const Request& request) const;

 private:
  struct Entry {
    Route route;
    std::vector<std::string> segments;  // "{name}" for parameters
  };
  struct Found {
    const Entry* entry = nullptr;
    std::map<std::string, std::string> path;
    std::vector<std::string> methods;  // of the path, when the method is wrong
  };
  [[nodiscard]] Found find(const Request& request) const;
  [[nodiscard]] Response run(Project& project, const Shared& shared, const Request& request) const;

  std::vector<Entry> entries_;
};

// Refuses what a browser sends on behalf of a foreign page: a state change from another origin,
// and, when the server listens on this machine only, any name that is not this machine's (a foreign
// name that was made to point here). Returns the refusal, if it is one.
[[nodiscard]] std::optional<Response> refuse_foreign(const Request& request, bool loopback);

// Adds the headers that every answer carries: nosniff, referrer policy, a content security policy.
// A response that brings its own policy keeps it.
void add_security_headers(Response& response);

}  // namespace spotter::server
