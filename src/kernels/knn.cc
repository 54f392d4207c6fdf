#include "kernels/knn.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <cblas.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/parallel.h"

namespace spotter::kernels {
namespace {

constexpr std::size_t kQueryBlock = 256;

std::vector<float> squared_lengths(const Vectors& vectors) {
  std::vector<float> lengths(vectors.count());
  parallel_for(lengths.size(), 4096, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      double sum = 0;
      for (const float v : vectors.row(i)) {
        sum += static_cast<double>(v) * static_cast<double>(v);
      }
      lengths[i] = static_cast<float>(sum);
    }
  });
  return lengths;
}

// The product loses digits when vectors are close; the few that win are measured again exactly.
float exact_distance(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    sum += d * d;
  }
  return static_cast<float>(std::sqrt(sum));
}

using Scored = std::pair<float, std::uint32_t>;

class Search {
 public:
  Search(const Vectors& queries, const Vectors& base, std::size_t k,
         std::span<const std::uint32_t> query_group, std::span<const std::uint32_t> base_group)
      : queries_(queries),
        base_(base),
        k_(k),
        query_group_(query_group),
        base_group_(base_group),
        base_lengths_(squared_lengths(base)) {
    found_.k = k;
    found_.rows.assign(queries.count() * k, kNoNeighbour);
    found_.distances.assign(queries.count() * k, std::numeric_limits<float>::infinity());
  }

  void block(std::size_t begin, std::size_t end) {
    const std::size_t base_count = base_.count();
    std::vector<float> products((end - begin) * base_count);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<int>(end - begin),
                static_cast<int>(base_count), static_cast<int>(base_.dimensions), -2.0F,
                queries_.row(begin).data(), static_cast<int>(base_.dimensions), base_.values.data(),
                static_cast<int>(base_.dimensions), 0.0F, products.data(),
                static_cast<int>(base_count));
    for (std::size_t query = begin; query < end; ++query) {
      take_nearest(query, std::span(products).subspan((query - begin) * base_count, base_count));
    }
  }

  Neighbours take() { return std::move(found_); }

 private:
  void take_nearest(std::size_t query, std::span<const float> products) {
    // A few more than k are kept, because near ties may change their order when measured exactly.
    const std::size_t kept_max = k_ + 8;
    std::vector<Scored> heap;
    heap.reserve(kept_max + 1);
    for (std::uint32_t row = 0; row < products.size(); ++row) {
      const float score = products[row] + base_lengths_[row];
      if (heap.size() == kept_max && score >= heap.front().first) {
        continue;
      }
      if (!query_group_.empty() && query_group_[query] == base_group_[row]) {
        continue;
      }
      heap.emplace_back(score, row);
      std::push_heap(heap.begin(), heap.end());
      if (heap.size() > kept_max) {
        std::pop_heap(heap.begin(), heap.end());
        heap.pop_back();
      }
    }
    for (auto& [score, row] : heap) {
      score = exact_distance(queries_.row(query), base_.row(row));
    }
    std::sort(heap.begin(), heap.end());
    for (std::size_t i = 0; i < std::min(k_, heap.size()); ++i) {
      found_.distances[query * k_ + i] = heap[i].first;
      found_.rows[query * k_ + i] = heap[i].second;
    }
  }

  const Vectors& queries_;
  const Vectors& base_;
  std::size_t k_;
  std::span<const std::uint32_t> query_group_;
  std::span<const std::uint32_t> base_group_;
  std::vector<float> base_lengths_;
  Neighbours found_;
};

}  // namespace

Neighbours nearest_neighbours(const Vectors& queries, const Vectors& base, std::size_t k,
                              std::span<const std::uint32_t> query_group,
                              std::span<const std::uint32_t> base_group) {
  require(query_group.empty() == base_group.empty(), "nearest_neighbours: groups for both or none");
  if (queries.count() > 0 && base.count() > 0 && queries.dimensions != base.dimensions) {
    fail(ErrorCode::kInvalid,
         fmt::format(
             "vectors of {} and {} dimensions cannot be compared; they come from different models",
             queries.dimensions, base.dimensions));
  }
  Search search(queries, base, k, query_group, base_group);
  if (base.count() > 0 && k > 0) {
    parallel_for(queries.count(), kQueryBlock,
                 [&](std::size_t begin, std::size_t end) { search.block(begin, end); });
  }
  return search.take();
}

}  // namespace spotter::kernels
