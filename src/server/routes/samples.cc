// Samples with their labels and a model's predictions, and their pictures.
#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/error.h"
#include "domain/track.h"
#include "media/image.h"
#include "project/browse.h"
#include "project/track_drawing.h"
#include "server/route.h"
#include "server/sample_lists.h"
#include "server/schema.h"
#include "server/thumbnails.h"
#include "trainer/trainer.h"

namespace spotter::server {
namespace {

using namespace schema;

constexpr std::array<std::int64_t, 4> kSidesPx = {160, 320, 640, 1280};
constexpr std::string_view kForever = "private, max-age=31536000, immutable";
// Bytes from outside: whatever they are, nothing in them may run or load.
constexpr std::string_view kMediaPolicy = "default-src 'none'; sandbox";

BrowseOptions browse_options(const Call& call) {
  const auto model = call.text("model");
  return {.where = call.text("where"),
          .sort = call.text("sort"),
          .model = model.empty() ? "" : trainer::find_model(call.project, model).id,
          .evaluation = call.text("evaluation"),
          .show = call.text("show"),
          .class_name = call.text("class"),
          .score_min = static_cast<double>(call.integer("score_min")) / 100};
}

std::size_t start_of(const Call& call, const std::vector<std::string>& keys) {
  const auto after = call.text("after");
  if (after.empty()) {
    return static_cast<std::size_t>(call.integer("offset"));
  }
  const auto found = std::find(keys.begin(), keys.end(), after);
  if (found == keys.end()) {
    fail(ErrorCode::kNotFound, fmt::format("\"{}\" is not in this list", after));
  }
  return static_cast<std::size_t>(found - keys.begin()) + 1;
}

Response list_samples(const Call& call) {
  const auto options = browse_options(call);
  const auto keys = call.shared.sample_lists.get(call.project, options);
  const std::size_t start = std::min(start_of(call, *keys), keys->size());
  const std::size_t end =
      std::min(start + static_cast<std::size_t>(call.integer("limit")), keys->size());
  const std::span page(keys->data() + start, end - start);
  return json_response(
      {{"total", keys->size()},
       {"offset", start},
       {"next", end < keys->size() && !page.empty() ? Json(page.back()) : Json(nullptr)},
       {"samples", sample_cards(call.project, page,
                                {.model = options.model,
                                 .evaluation = options.evaluation,
                                 .layer = call.text("layer")})}});
}

Response get_sample(const Call& call) {
  const std::vector<std::string> keys = {call.at("sample")};
  const auto model = call.text("model");
  Json cards =
      sample_cards(call.project, keys,
                   {.model = model.empty() ? "" : trainer::find_model(call.project, model).id,
                    .evaluation = call.text("evaluation"),
                    .layer = call.text("layer")});
  if (cards.empty()) {
    fail(ErrorCode::kNotFound, fmt::format("there is no sample \"{}\"", keys[0]));
  }
  Json flags = Json::array();
  for (const auto& row :
       call.project.catalog->query("SELECT id, reason, author, source, created_at FROM flags WHERE "
                                   "sample = $1 ORDER BY created_at",
                                   {keys[0]})) {
    flags.push_back({{"id", row.text(0)},
                     {"reason", row.text(1)},
                     {"author", row.text(2)},
                     {"source", row.text(3)},
                     {"created_at", iso_time(row.integer(4))}});
  }
  cards[0]["flags"] = flags;
  return json_response(cards[0]);
}

Sample sample_of(const Call& call) {
  const std::vector<std::string> keys = {call.at("sample")};
  auto found = call.project.lake->samples(keys);
  if (found.empty()) {
    fail(ErrorCode::kNotFound, fmt::format("there is no sample \"{}\"", keys[0]));
  }
  return std::move(found[0]);
}

// A response for bytes that never change under this tag; the body is made only when it is needed.
template <typename Make>
Response cached(const Call& call, const std::string& etag, const Make& make) {
  Response response{.media_type = "image/jpeg", .body = {}};
  response.headers = {{"ETag", etag},
                      {"Cache-Control", std::string(kForever)},
                      {"Content-Disposition", "inline"},
                      {"Content-Security-Policy", std::string(kMediaPolicy)}};
  if (etag_matches(call.request, etag)) {
    response.status = 304;
    return response;
  }
  make(response);
  return response;
}

// Labels and predictions change what is drawn, so it is asked for each time.
Response drawing(const Call& call, const Sample& sample) {
  Response response{.media_type = "image/svg+xml", .body = track_drawing(call.project, sample, "")};
  response.headers = {{"Cache-Control", "private, no-cache"},
                      {"Content-Disposition", "inline"},
                      {"Content-Security-Policy", std::string(kMediaPolicy)}};
  return response;
}

Response get_thumbnail(const Call& call) {
  const auto wanted = call.integer("side");
  const auto side = *std::lower_bound(kSidesPx.begin(), kSidesPx.end() - 1, wanted);
  const auto sample = sample_of(call);
  if (sample.media_type == kTrackMedia) {
    return drawing(call, sample);
  }
  return cached(
      call, fmt::format("\"{}-{}\"", sample.media.substr(0, 32), side), [&](Response& response) {
        response.body =
            *call.shared.thumbnails.get(*call.project.blobs, sample.media, static_cast<int>(side));
      });
}

Response get_media(const Call& call) {
  const auto sample = sample_of(call);
  if (sample.media_type == kTrackMedia) {
    return drawing(call, sample);
  }
  return cached(call, fmt::format("\"{}\"", sample.media.substr(0, 40)), [&](Response& response) {
    response.body = call.project.blobs->get(sample.media);
    // The type is what the bytes are, not what somebody said they were.
    response.media_type = media::probe(response.body, sample.key).media_type;
  });
}

std::vector<QueryParameter> looking() {
  return {{"model", "string", "Add predictions of this model: id, name or alias", ""},
          {"evaluation", "string", "Lay this evaluation's matches over them", ""},
          {"layer", "string", "Add labels of this sensor layer", ""}};
}

std::vector<QueryParameter> browsing() {
  auto parameters = looking();
  const std::vector<QueryParameter> more = {
      {"where", "string", "A filter: weather = 'rain' AND label.class = 'cone'", "true"},
      {"sort", "string", "key, -key, captured_at, -captured_at, loss, mistakes", "key"},
      {"show", "string", "Of an evaluation: misses, false_alarms, mistakes", ""},
      {"class", "string", "Class of the shown mistakes", ""},
      {"score_min", "integer", "False alarms below so many per cent do not count", 30, 0, 100},
      {"after", "string", "Key of the last sample of the page before", ""},
      {"offset", "integer", "Start so far into the list", 0, 0, 1'000'000'000},
      {"limit", "integer", "Samples a page", 60, 1, 500}};
  parameters.insert(parameters.end(), more.begin(), more.end());
  return parameters;
}

std::vector<Route> routes() {
  return {
      {.method = "GET",
       .path = "/api/v1/samples",
       .name = "list_samples",
       .summary = "A page of samples with labels and predictions",
       .query = browsing(),
       .answer = object({{"total", integer()},
                         {"offset", integer()},
                         {"next", nullable(text("`after` of the next page"))},
                         {"samples", list(ref("Sample"))}}),
       .handle = list_samples},
      {.method = "GET",
       .path = "/api/v1/samples/{sample}",
       .name = "get_sample",
       .summary = "One sample with labels, predictions and flags",
       .query = looking(),
       .answer = ref("SampleDetail"),
       .handle = get_sample},
      {.method = "GET",
       .path = "/api/v1/samples/{sample}/thumbnail",
       .name = "get_thumbnail",
       .summary = "A small picture, upright",
       .query = {{"side", "integer", "Longest side in pixels: 160, 320, 640 or 1280", 320, 1, 1280},
                 {"media", "string", "Start of the content hash, so that the address is unique",
                  ""}},
       .media = "image/jpeg",
       .handle = get_thumbnail},
      {.method = "GET",
       .path = "/api/v1/samples/{sample}/media",
       .name = "get_media",
       .summary = "The picture as it came",
       .query = {{"media", "string", "Start of the content hash, so that the address is unique",
                  ""}},
       .media = "image/*",
       .handle = get_media},
  };
}

std::vector<NamedSchema> schemas() {
  const Json box = list(number(), "x1, y1, x2, y2 in pixels of the upright picture");
  const Json path = list(list(number()), "x, y in metres on the ground");
  Json sample = object({{"key", text()},
                        {"media", text("content hash")},
                        {"width", integer()},
                        {"height", integer()},
                        {"sequence", text()},
                        {"frame", integer()},
                        {"captured_at", nullable(text())},
                        {"source", text()},
                        {"attributes", map(anything())},
                        {"labelled", boolean()},
                        {"labels", list(ref("SampleLabel"))},
                        {"predictions", list(ref("SamplePrediction"))},
                        {"sensor", list(ref("SampleLabel"))},
                        {"track", nullable(ref("Track"))}});
  Json detail = sample;
  detail["properties"]["flags"] = list(object({{"id", text()},
                                               {"reason", text()},
                                               {"author", text()},
                                               {"source", text()},
                                               {"created_at", text()}}));
  detail["required"].push_back("flags");
  return {
      {"SampleLabel", object({{"object", text()},
                              {"class", text()},
                              {"box", box},
                              {"ignore", boolean()},
                              {"kind", one_of({"", "tp", "fn", "ignored"})},
                              {"score", nullable(number("of the prediction that found it"))}})},
      {"SamplePrediction", object({{"position", integer()},
                                   {"class", text()},
                                   {"score", number()},
                                   {"box", box},
                                   {"probabilities", list(number(), "one a class; may be empty")},
                                   {"kind", one_of({"", "tp", "fp", "ignored"})},
                                   {"error", text("kind of mistake: cls, loc, both, dupe, bkg")}})},
      {"Track", object({{"dt", number("seconds from one position to the next")},
                        {"observed", path},
                        {"future", path},
                        {"modes", list(object({{"probability", number()}, {"path", path}}),
                                       "of the model, else of the one at work")}})},
      {"Sample", sample},
      {"SampleDetail", detail},
  };
}

}  // namespace

extern const Noun noun_samples;
const Noun noun_samples = {
    .name = "samples",
    .summary = "Samples, their labels and their pictures",
    .routes = routes,
    .schemas = schemas,
};

}  // namespace spotter::server
