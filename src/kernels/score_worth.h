// What a detector's score and the overlap of its boxes are worth in this data, class by class. Only
// label_quality.cc includes this.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace spotter::kernels {

// Values of one kind by class, to look up which share of them is not above a value. A class with
// few values takes all classes together.
class ShareBelow {
 public:
  ShareBelow() = default;  // of nothing; not to be asked
  ShareBelow(std::span<const std::int32_t> category, std::span<const double> values,
             std::size_t classes);
  [[nodiscard]] double operator()(std::int32_t category, double value) const;  // in [0, 1]

 private:
  [[nodiscard]] const std::vector<double>& of(std::int32_t category) const;
  std::vector<std::vector<double>> sorted_;  // a class; the last is all together
};

// The probability that a detection of a class with a score is right: bins of equally many hits,
// made to rise with the score (isotonic), straight lines between. A class with few hits takes all
// classes together.
class ScoreWorth {
 public:
  struct Row {
    std::int32_t category = 0;
    double score = 0;
    bool hit = false;
  };
  ScoreWorth() = default;  // of nothing; not to be asked
  ScoreWorth(std::span<const Row> rows, std::size_t classes);
  [[nodiscard]] double operator()(std::int32_t category, double score) const;

 private:
  struct Curve {
    std::vector<double> score;
    std::vector<double> right;
  };
  static Curve fit(std::vector<double> hits, std::vector<double> misses);
  std::vector<Curve> curves_;  // a class; the last is all together; empty = use that one
};

}  // namespace spotter::kernels
