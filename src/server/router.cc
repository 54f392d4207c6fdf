#include "server/router.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

namespace spotter::server {
namespace {

constexpr std::string_view kPolicy =
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'self'";

bool is_parameter(std::string_view segment) {
  return segment.starts_with('{');
}

std::string parameter_name(std::string_view segment) {
  return std::string(segment.substr(1, segment.size() - 2));
}

std::int64_t checked_integer(const QueryParameter& parameter, const std::string& text) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || value < parameter.low ||
      value > parameter.high) {
    fail(ErrorCode::kInvalid, fmt::format("\"{}\" must be a whole number from {} to {}, not \"{}\"",
                                          parameter.name, parameter.low, parameter.high, text));
  }
  return value;
}

void check_query(const Route& route, const Request& request) {
  std::vector<std::string> known;
  for (const auto& parameter : route.query) {
    known.push_back(parameter.name);
    const auto given = request.query.find(parameter.name);
    if (given == request.query.end()) {
      continue;
    }
    if (parameter.type == "integer") {
      (void)checked_integer(parameter, given->second);
    } else if (parameter.type == "boolean" && given->second != "true" && given->second != "false") {
      fail(ErrorCode::kInvalid,
           fmt::format("\"{}\" must be true or false, not \"{}\"", parameter.name, given->second));
    }
  }
  for (const auto& [name, value] : request.query) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      fail(ErrorCode::kInvalid,
           fmt::format("there is no parameter \"{}\" here{}", name, did_you_mean(name, known)));
    }
  }
}

// Names of the members that a body may have, so that slips are told.
void check_body_members(const Route& route, const Json& body) {
  std::vector<std::string> known;
  for (const auto& [name, type] : route.body["properties"].items()) {
    known.push_back(name);
  }
  for (const auto& [name, value] : body.items()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      fail(ErrorCode::kInvalid, fmt::format("the request body has an unknown member \"{}\"{}", name,
                                            did_you_mean(name, known)));
    }
  }
}

Json parsed_body(const Route& route, const Request& request) {
  if (route.body.is_null()) {
    if (!request.body.empty()) {
      fail(ErrorCode::kInvalid, "this request takes no body");
    }
    return nullptr;
  }
  if (!request.header("content-type").starts_with("application/json")) {
    fail(ErrorCode::kInvalid, "the request body must be JSON: send Content-Type: application/json");
  }
  Json body = parse_json(request.body, "the request body");
  if (!body.is_object()) {
    fail(ErrorCode::kInvalid, "the request body must be a JSON object");
  }
  check_body_members(route, body);
  return body;
}

Response method_response(int status, const std::vector<std::string>& methods) {
  const auto allowed = fmt::format("{}", fmt::join(methods, ", "));
  Response response = status == 204
                          ? Response{.status = 204, .media_type = "", .body = ""}
                          : error_response(405, "wrong_method",
                                           fmt::format("this address answers {} only", allowed));
  response.headers.emplace_back("Allow", allowed);
  return response;
}

}  // namespace

const std::string& Call::at(const std::string& path_parameter) const {
  return path.at(path_parameter);
}

std::string Call::text(const std::string& name) const {
  const auto given = request.query.find(name);
  if (given != request.query.end()) {
    return given->second;
  }
  for (const auto& parameter : route.query) {
    if (parameter.name == name) {
      return parameter.fallback.is_string() ? parameter.fallback.get<std::string>() : "";
    }
  }
  fail(ErrorCode::kInternal,
       fmt::format("route {} declares no parameter \"{}\"", route.name, name));
}

std::int64_t Call::integer(const std::string& name) const {
  for (const auto& parameter : route.query) {
    if (parameter.name == name) {
      const auto given = request.query.find(name);
      return given == request.query.end() ? parameter.fallback.get<std::int64_t>()
                                          : checked_integer(parameter, given->second);
    }
  }
  fail(ErrorCode::kInternal,
       fmt::format("route {} declares no parameter \"{}\"", route.name, name));
}

bool Call::boolean(const std::string& name) const {
  return text(name) == "true";
}

Router::Router() {
  for (const Noun* noun : all_nouns()) {
    for (auto& route : noun->routes()) {
      Entry entry{.route = std::move(route), .segments = {}};
      for (const auto segment : path_segments(entry.route.path)) {
        entry.segments.emplace_back(segment);
      }
      entries_.push_back(std::move(entry));
    }
  }
}

Router::Found Router::find(const Request& request) const {
  Found found;
  const auto segments = path_segments(request.path);
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  for (const auto& entry : entries_) {
    if (entry.segments.size() != segments.size()) {
      continue;
    }
    std::map<std::string, std::string> path;
    bool fits = true;
    for (std::size_t i = 0; i < segments.size() && fits; ++i) {
      if (!is_parameter(entry.segments[i])) {
        fits = entry.segments[i] == segments[i];
        continue;
      }
      auto value = percent_decoded(segments[i]);
      fits = value && !value->empty();
      if (fits) {
        path[parameter_name(entry.segments[i])] = std::move(*value);
      }
    }
    if (!fits) {
      continue;
    }
    if (entry.route.method == method) {
      found.entry = &entry;
      found.path = std::move(path);
      return found;
    }
    found.methods.emplace_back(entry.route.method);
    if (entry.route.method == "GET") {
      found.methods.emplace_back("HEAD");
    }
  }
  return found;
}

Response Router::run(Project& project, const Shared& shared, const Request& request) const {
  const Found found = find(request);
  if (found.entry == nullptr) {
    if (found.methods.empty()) {
      return error_response(404, "not_found", "there is nothing at this address");
    }
    return method_response(request.method == "OPTIONS" ? 204 : 405, found.methods);
  }
  const Route& route = found.entry->route;
  check_query(route, request);
  const Json body = parsed_body(route, request);
  const Call call{project, shared, request, route, found.path, body};
  return route.handle(call);
}

Response Router::answer(Project& project, const Shared& shared, const Request& request) const {
  try {
    return run(project, shared, request);
  } catch (const Error& e) {
    const int status = http_status(e.code);
    if (status >= 500) {
      log_warning(fmt::format("{} {}: {} ({}:{})", request.method, request.path, e.what(),
                              e.where.file_name(), e.where.line()));
    }
    return error_response(status, name(e.code), e.what());
  } catch (const std::exception& e) {
    log_warning(fmt::format("{} {}: {}", request.method, request.path, e.what()));
    return error_response(500, "internal", "internal fault; the server's log says more");
  }
}

std::optional<Response> refuse_foreign(const Request& request, bool loopback) {
  const auto host = request.header("host");
  const auto name = host.substr(0, host.starts_with('[') ? host.find(']') + 1 : host.find(':'));
  if (loopback && name != "localhost" && name != "127.0.0.1" && name != "[::1]") {
    return error_response(403, "forbidden",
                          "this server answers to the names of this machine only; use 127.0.0.1");
  }
  if (request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS") {
    return std::nullopt;
  }
  const auto origin = request.header("origin");
  const auto scheme = origin.find("://");
  const bool foreign_origin =
      !origin.empty() && (scheme == std::string_view::npos || origin.substr(scheme + 3) != host);
  if (foreign_origin || request.header("sec-fetch-site") == "cross-site") {
    return error_response(403, "forbidden", "changes are taken only from Spotter's own pages");
  }
  return std::nullopt;
}

void add_security_headers(Response& response) {
  const bool own_policy =
      std::any_of(response.headers.begin(), response.headers.end(),
                  [](const auto& h) { return h.first == "Content-Security-Policy"; });
  if (!own_policy) {
    response.headers.emplace_back("Content-Security-Policy", kPolicy);
  }
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  response.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
}

}  // namespace spotter::server
