#include "kernels/coco_eval.h"

#include <algorithm>
#include <numeric>

#include "base/parallel.h"
#include "kernels/coco_class.h"

namespace spotter::kernels {
namespace {

// Rows by class, in the order of the file; start[k] is where class k begins.
struct Groups {
  std::vector<std::uint32_t> rows;
  std::vector<std::uint32_t> start;
  [[nodiscard]] std::span<const std::uint32_t> of(std::size_t k) const {
    return std::span(rows).subspan(start[k], start[k + 1] - start[k]);
  }
};

Groups group(const CocoColumns& columns, std::int32_t categories) {
  Groups groups;
  groups.start.assign(static_cast<std::size_t>(categories) + 1, 0);
  for (const auto k : columns.category) {
    ++groups.start[static_cast<std::size_t>(k) + 1];
  }
  std::partial_sum(groups.start.begin(), groups.start.end(), groups.start.begin());
  groups.rows.resize(columns.size());
  auto next = groups.start;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    groups.rows[next[static_cast<std::size_t>(columns.category[i])]++] =
        static_cast<std::uint32_t>(i);
  }
  return groups;
}

// The order in which numpy adds up doubles, so that means agree to the last digits: halves of a
// multiple of eight down to 128 numbers, those in eight lanes.
double pairwise_sum(std::span<const double> values) {
  constexpr std::size_t kBlock = 128;
  constexpr std::size_t kLanes = 8;
  const std::size_t n = values.size();
  if (n > kBlock) {
    const std::size_t half = n / 2 - n / 2 % kLanes;
    return pairwise_sum(values.first(half)) + pairwise_sum(values.subspan(half));
  }
  if (n < kLanes) {
    return std::accumulate(values.begin(), values.end(), 0.0);
  }
  std::array<double, kLanes> lane{};
  std::copy_n(values.begin(), kLanes, lane.begin());
  std::size_t i = kLanes;
  for (; i + kLanes <= n; i += kLanes) {
    for (std::size_t k = 0; k < kLanes; ++k) {
      lane[k] += values[i + k];
    }
  }
  double sum =
      ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
  for (; i < n; ++i) {
    sum += values[i];
  }
  return sum;
}

// The mean of the values that are defined, −1 when none is. The buffer is kept for the next.
class Mean {
 public:
  void add(double value) {
    if (value > -1) {
      values_.push_back(value);
    }
  }
  double take() {
    const double mean =
        values_.empty() ? -1 : pairwise_sum(values_) / static_cast<double>(values_.size());
    values_.clear();
    return mean;
  }

 private:
  std::vector<double> values_;
};

// Thresholds first..last, then recall points, then classes, as the reference lays them out.
double mean_precision(std::span<const CocoCurves> classes, std::size_t area, std::size_t first,
                      std::size_t last, Mean& mean) {
  for (std::size_t t = first; t <= last; ++t) {
    for (std::size_t r = 0; r < kCocoRecalls; ++r) {
      for (const auto& c : classes) {
        mean.add(c.precision[area][t][r]);
      }
    }
  }
  return mean.take();
}

template <typename Pick>
double mean_recall(std::span<const CocoCurves> classes, const Pick& pick, Mean& mean) {
  for (std::size_t t = 0; t < kCocoThresholds; ++t) {
    for (const auto& c : classes) {
      mean.add(pick(c)[t]);
    }
  }
  return mean.take();
}

std::array<double, 12> metrics_of(std::span<const CocoCurves> c, Mean& mean) {
  const std::size_t last = kCocoThresholds - 1;
  const auto precision = [&](std::size_t area) { return mean_precision(c, area, 0, last, mean); };
  const auto recall = [&](std::size_t area) {
    return mean_recall(c, [&](const CocoCurves& k) -> const auto& { return k.recall[area]; }, mean);
  };
  const auto few = [&](std::size_t m) {
    return mean_recall(c, [&](const CocoCurves& k) -> const auto& { return k.few[m]; }, mean);
  };
  return {precision(0),
          mean_precision(c, 0, 0, 0, mean),
          mean_precision(c, 0, 5, 5, mean),
          precision(1),
          precision(2),
          precision(3),
          few(0),
          few(1),
          recall(0),
          recall(1),
          recall(2),
          recall(3)};
}

}  // namespace

CocoResult coco_evaluate(const CocoColumns& truths, const CocoColumns& detections, CocoSize size) {
  const auto truth_groups = group(truths, size.categories);
  const auto detection_groups = group(detections, size.categories);
  std::vector<CocoCurves> curves(static_cast<std::size_t>(size.categories));
  // Large classes first, so that no thread is left with one at the end.
  std::vector<std::size_t> order(curves.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return detection_groups.of(a).size() > detection_groups.of(b).size();
  });
  const std::size_t grain = std::max<std::size_t>(1, curves.size() / 64);
  parallel_for(curves.size(), grain, [&](std::size_t begin, std::size_t end) {
    CocoClass evaluator(truths, detections, size.images);
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t k = order[i];
      curves[k] = evaluator.run(truth_groups.of(k), detection_groups.of(k));
    }
  });
  Mean mean;
  CocoResult result{.metrics = metrics_of(curves, mean)};
  result.classes.reserve(curves.size());
  for (const auto& c : curves) {
    result.classes.push_back(
        {.truths = c.truths[0], .metrics = metrics_of(std::span(&c, 1), mean)});
  }
  return result;
}

}  // namespace spotter::kernels
