#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/vectors_file.h"
#include "kernels/knn_approximate.h"

namespace spotter::cli {
namespace {

struct Words {
  std::string base;
  std::string queries;
  std::size_t k = 10;
  bool approximate = false;
  std::string metric = "euclidean";
  std::string out;
  kernels::ApproximateOptions options;
};

// ids -1 and an infinite distance where there are fewer than k rows.
std::vector<std::int64_t> ids_of(const kernels::Neighbours& found) {
  std::vector<std::int64_t> ids(found.rows.size());
  std::transform(found.rows.begin(), found.rows.end(), ids.begin(), [](std::uint32_t row) {
    return row == kernels::kNoNeighbour ? -1 : static_cast<std::int64_t>(row);
  });
  return ids;
}

kernels::ApproximateNeighbours search(const Words& words, const kernels::Vectors& queries,
                                      const kernels::Vectors& base) {
  const bool without_self = words.queries.empty();
  if (words.approximate) {
    return kernels::approximate_neighbours(queries, base, words.k, without_self, words.options);
  }
  std::vector<std::uint32_t> rows(without_self ? base.count() : 0);
  std::iota(rows.begin(), rows.end(), 0U);
  return {.found = kernels::nearest_neighbours(queries, base, words.k, rows, rows)};
}

// NAME.npy for the ids and NAME.distances.npy beside it.
struct OutFiles {
  std::filesystem::path ids;
  std::filesystem::path distances;
};

OutFiles out_files(const Words& words) {
  std::filesystem::path ids = words.out;
  if (ids.extension() != ".npy" && !std::filesystem::is_directory(ids)) {
    ids += ".npy";
  }
  auto distances = ids;
  distances.replace_extension(".distances.npy");
  for (const auto& out : {ids, distances}) {
    refuse_overwriting(out, {words.base, words.queries});
  }
  return {ids, distances};
}

Json write_files(const OutFiles& out, const kernels::Neighbours& found) {
  const auto& [ids, distances] = out;
  write_npy<std::int64_t>(ids, found.k, ids_of(found));
  write_npy<float>(distances, found.k, found.distances);
  return {{"ids", ids.string()}, {"distances", distances.string()}};
}

void add_lists(Json& document, const kernels::Neighbours& found) {
  const auto ids = ids_of(found);
  Json id_rows = Json::array();
  Json distance_rows = Json::array();
  for (std::size_t begin = 0; begin < ids.size(); begin += found.k) {
    Json id_row = Json::array();
    Json distance_row = Json::array();
    for (std::size_t i = begin; i < begin + found.k; ++i) {
      id_row.push_back(ids[i]);
      distance_row.push_back(ids[i] < 0 ? Json() : Json(found.distances[i]));
    }
    id_rows.push_back(std::move(id_row));
    distance_rows.push_back(std::move(distance_row));
  }
  document["ids"] = std::move(id_rows);
  document["distances"] = std::move(distance_rows);
}

void print_first(const kernels::Neighbours& found, std::size_t queries) {
  constexpr std::size_t kShownMax = 10;
  std::vector<std::vector<std::string>> rows;
  for (std::size_t query = 0; query < std::min(queries, kShownMax); ++query) {
    const std::size_t at = query * found.k;
    std::string nearest;
    for (std::size_t i = at; i < at + std::min<std::size_t>(found.k, 5); ++i) {
      if (found.rows[i] != kernels::kNoNeighbour) {
        nearest += fmt::format("{}{} ({:.4g})", nearest.empty() ? "" : ", ", found.rows[i],
                               found.distances[i]);
      }
    }
    rows.push_back({fmt::format("{}", query), nearest});
  }
  print_table({"query", "nearest (distance)"}, rows);
  if (queries > kShownMax) {
    fmt::print("and {} more (all with --json, or --out FILE.npy)\n", queries - kShownMax);
  }
}

int run(const Words& words, const Context& context) {
  const auto out = words.out.empty() ? OutFiles{} : out_files(words);
  const VectorsFile base(words.base, metric_of(words.metric));
  std::optional<VectorsFile> asked;
  if (!words.queries.empty()) {
    asked.emplace(words.queries, metric_of(words.metric));
  }
  const auto queries = asked ? asked->vectors() : base.vectors();
  const auto result = search(words, queries, base.vectors());
  Json document = {{"queries", queries.count()},
                   {"rows", base.vectors().count()},
                   {"dimensions", base.vectors().dimensions},
                   {"k", words.k},
                   {"metric", words.metric},
                   {"method", words.approximate ? "approximate" : "exact"}};
  if (words.approximate) {
    document["recall"] = result.recall;
    document["recall_queries"] = result.recall_queries;
  }
  if (!words.out.empty()) {
    document["files"] = write_files(out, result.found);
  } else if (context.json) {
    add_lists(document, result.found);
  }
  context.answer(document, [&] {
    if (words.out.empty()) {
      print_first(result.found, queries.count());
    } else {
      fmt::print("{} of {} written to {}\n", counted(words.k, "neighbour"),
                 counted(queries.count(), "query row"),
                 document["files"]["ids"].get<std::string>());
    }
    if (words.approximate) {
      fmt::print("recall {:.4f}, measured on {}\n", result.recall,
                 counted(result.recall_queries, "query row"));
    }
  });
  return 0;
}

std::function<int()> declare(CLI::App& app, Context& context) {
  auto words = std::make_shared<Words>();
  app.add_option("vectors", words->base, "One vector a row: .npy")->required();
  app.add_option("--queries", words->queries,
                 "Vectors to look up: .npy (default: each row among the others)");
  app.add_option("--k", words->k, "Neighbours of each")->check(CLI::Range(1, 10000));
  auto* approximate =
      app.add_flag("--approximate", words->approximate,
                   "By a graph: faster for many queries, with the share that it found (recall)");
  app.add_option("--search-width", words->options.search_width,
                 "--approximate: candidates kept while searching; more = better recall, slower")
      ->check(CLI::Range(1, 100000))
      ->needs(approximate);
  app.add_option("--metric", words->metric, "euclidean or cosine (distances of rows of length 1)")
      ->check(CLI::IsMember({"euclidean", "cosine"}));
  app.add_option("--out", words->out,
                 "Write the ids here (.npy, int64) and the distances to NAME.distances.npy");
  return [words, &context] { return run(*words, context); };
}

}  // namespace

extern const Command command_neighbours;
const Command command_neighbours = {
    .name = "neighbours",
    .summary = "Find the nearest vectors of each query, exactly or by a graph; needs no project",
    .example = "spotter neighbours embeddings.npy --queries new.npy --k 10 --json",
    .declare = declare,
};

}  // namespace spotter::cli
