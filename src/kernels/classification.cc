#include "kernels/classification.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace spotter::kernels {
namespace {

double ratio(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? -1 : static_cast<double>(part) / static_cast<double>(whole);
}

void add_macro(ClassificationResult& result) {
  double precision = 0;
  double recall = 0;
  double f1 = 0;
  double count = 0;
  for (const auto& c : result.classes) {
    if (c.truths + c.guesses > 0) {
      precision += std::max(0.0, c.precision);
      recall += std::max(0.0, c.recall);
      f1 += c.f1;
      ++count;
    }
  }
  if (count > 0) {
    result.macro_precision = precision / count;
    result.macro_recall = recall / count;
    result.macro_f1 = f1 / count;
  }
}

double log_loss(const std::vector<double>& probabilities) {
  constexpr double kTiny = std::numeric_limits<double>::epsilon();
  double sum = 0;
  double count = 0;
  for (const double p : probabilities) {
    if (p >= 0) {
      sum -= std::log(std::clamp(p, kTiny, 1.0));
      ++count;
    }
  }
  return count == 0 ? -1 : sum / count;
}

}  // namespace

ClassificationResult classification_result(const ClassGuesses& rows, std::size_t class_count) {
  ClassificationResult result;
  result.classes.resize(class_count);
  result.confusion.resize(class_count * class_count);
  std::int64_t right = 0;
  std::vector<std::int64_t> hits(class_count);
  for (std::size_t i = 0; i < rows.truth.size(); ++i) {
    const auto truth = rows.truth[i];
    const auto guess = rows.guess[i];
    if (truth >= 0) {
      ++result.classes[static_cast<std::size_t>(truth)].truths;
    }
    if (guess >= 0) {
      ++result.classes[static_cast<std::size_t>(guess)].guesses;
    }
    if (truth >= 0 && guess >= 0) {
      ++result.confusion[static_cast<std::size_t>(truth) * class_count +
                         static_cast<std::size_t>(guess)];
    }
    if (truth >= 0 && truth == guess) {
      ++right;
      ++hits[static_cast<std::size_t>(truth)];
    }
  }
  for (std::size_t c = 0; c < class_count; ++c) {
    auto& figures = result.classes[c];
    figures.precision = ratio(hits[c], figures.guesses);
    figures.recall = ratio(hits[c], figures.truths);
    figures.f1 = ratio(2 * hits[c], figures.truths + figures.guesses);
  }
  result.accuracy = ratio(right, static_cast<std::int64_t>(rows.truth.size()));
  result.log_loss = log_loss(rows.probability_of_truth);
  add_macro(result);
  return result;
}

}  // namespace spotter::kernels
