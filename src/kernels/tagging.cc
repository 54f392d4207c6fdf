#include "kernels/tagging.h"

#include "base/error.h"

namespace spotter::kernels {
namespace {

double share(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

}  // namespace

double TagValueScore::precision() const {
  return share(hits, predicted);
}

double TagValueScore::recall() const {
  return share(hits, truths);
}

double TagValueScore::f1() const {
  return share(2 * hits, truths + predicted);
}

TagScore score_tag(std::span<const std::int32_t> truth, std::span<const std::int32_t> predicted,
                   std::size_t values) {
  require(truth.size() == predicted.size(), "one prediction a picture");
  TagScore score;
  score.pictures = static_cast<std::int64_t>(truth.size());
  score.values.resize(values);
  std::int64_t right = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    ++score.values.at(static_cast<std::size_t>(truth[i])).truths;
    if (predicted[i] >= 0) {
      ++score.values.at(static_cast<std::size_t>(predicted[i])).predicted;
    }
    if (predicted[i] == truth[i]) {
      ++score.values[static_cast<std::size_t>(truth[i])].hits;
      ++right;
    }
  }
  score.accuracy = share(right, score.pictures);
  double seen = 0;
  for (const auto& value : score.values) {
    if (value.truths + value.predicted > 0) {
      ++seen;
      score.precision += value.precision();
      score.recall += value.recall();
      score.f1 += value.f1();
    }
  }
  for (double* mean : {&score.precision, &score.recall, &score.f1}) {
    *mean = seen > 0 ? *mean / seen : 0;
  }
  return score;
}

}  // namespace spotter::kernels
