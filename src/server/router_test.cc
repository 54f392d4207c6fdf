#include "server/router.h"

#include <set>

#include <gtest/gtest.h>

#include "base/error.h"

namespace spotter::server {
namespace {

TEST(Http, PercentDecodingRefusesWhatIsBroken) {
  EXPECT_EQ(percent_decoded("a%20b%2Fc"), "a b/c");
  EXPECT_EQ(percent_decoded("gr%C3%BCn"), "grün");
  for (const char* broken : {"%", "%4", "%zz", "%00", "%ff", "%c3%28"}) {
    EXPECT_FALSE(percent_decoded(broken).has_value()) << broken;
  }
}

TEST(Http, TargetsFallIntoPathAndQuery) {
  Request request;
  set_target(request, "/api/v1/samples?where=a+%3D+'b'&limit=3&&flag");
  EXPECT_EQ(request.path, "/api/v1/samples");
  EXPECT_EQ(request.query.at("where"), "a = 'b'");
  EXPECT_EQ(request.query.at("limit"), "3");
  EXPECT_EQ(request.query.at("flag"), "");
  EXPECT_THROW(set_target(request, "/x?a=%zz"), Error);
}

TEST(Http, SegmentsKeepEncodedSlashes) {
  EXPECT_EQ(path_segments("/a/b%2Fc"), (std::vector<std::string_view>{"a", "b%2Fc"}));
  EXPECT_EQ(path_segments("/"), (std::vector<std::string_view>{""}));
}

Request from(const std::string& method, const std::string& host, const std::string& origin) {
  Request request{.method = method, .path = "/api/v1/flags"};
  request.headers["host"] = host;
  if (!origin.empty()) {
    request.headers["origin"] = origin;
  }
  return request;
}

TEST(Guard, ForeignPagesCannotChangeAnything) {
  const std::string here = "127.0.0.1:8300";
  EXPECT_FALSE(refuse_foreign(from("POST", here, ""), true));
  EXPECT_FALSE(refuse_foreign(from("POST", here, "http://127.0.0.1:8300"), true));
  EXPECT_FALSE(refuse_foreign(from("GET", here, "http://evil.example"), true));
  for (const char* origin :
       {"http://evil.example", "http://127.0.0.1:9000", "null", "127.0.0.1:8300"}) {
    EXPECT_TRUE(refuse_foreign(from("POST", here, origin), true)) << origin;
  }
  auto cross = from("POST", here, "");
  cross.headers["sec-fetch-site"] = "cross-site";
  EXPECT_TRUE(refuse_foreign(cross, true));
}

TEST(Guard, NamesMadeToPointHereAreRefusedOnThisMachineOnly) {
  EXPECT_TRUE(refuse_foreign(from("GET", "evil.example:8300", ""), true));
  EXPECT_FALSE(refuse_foreign(from("GET", "spotter.team.example", ""), false));
  EXPECT_FALSE(refuse_foreign(from("GET", "[::1]:8300", ""), true));
  EXPECT_FALSE(refuse_foreign(from("GET", "localhost", ""), true));
}

TEST(Routes, EveryRouteIsDescribedAndUnderTheInterface) {
  std::set<std::string_view> names;
  for (const Noun* noun : all_nouns()) {
    EXPECT_FALSE(noun->summary.empty());
    for (const auto& route : noun->routes()) {
      EXPECT_TRUE(route.path.starts_with("/api/v1/")) << route.path;
      EXPECT_TRUE(route.method == "GET" || route.method == "POST") << route.path;
      EXPECT_FALSE(route.summary.empty()) << route.path;
      EXPECT_TRUE(names.insert(route.name).second) << route.name;
      EXPECT_NE(route.handle, nullptr);
    }
  }
  const Json document = openapi_document();
  EXPECT_EQ(document["openapi"], "3.1.0");
  EXPECT_TRUE(document["components"]["schemas"].contains("Error"));
}

}  // namespace
}  // namespace spotter::server
