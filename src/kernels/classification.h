// How good guesses of one class a sample are: accuracy, precision and recall by class, F1, log
// loss. Pure; on columns.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace spotter::kernels {

// One row a sample; classes are positions from 0, −1 = a class outside the list.
struct ClassGuesses {
  std::vector<std::int32_t> truth;
  std::vector<std::int32_t> guess;           // −1 also when nothing was said
  std::vector<double> probability_of_truth;  // negative = not stated
};

struct ClassFigures {
  std::int64_t truths = 0;
  std::int64_t guesses = 0;
  double precision = -1;  // −1 without guesses; counts as 0 in F1 and the macro means
  double recall = -1;     // −1 without truths
  double f1 = -1;         // −1 without both
};

struct ClassificationResult {
  double accuracy = -1;  // −1 without rows
  // Means over the classes that are true or guessed somewhere, as scikit-learn takes them.
  double macro_precision = -1;
  double macro_recall = -1;
  double macro_f1 = -1;
  double log_loss = -1;  // nats, over the rows that state a probability; −1 without one
  std::vector<ClassFigures> classes;
  std::vector<std::int64_t> confusion;  // classes × classes, row-major: truth, then guess
};

// Probabilities are kept away from 0 by the spacing of doubles at 1 in the log loss. Linear in the
// rows.
[[nodiscard]] ClassificationResult classification_result(const ClassGuesses& rows,
                                                         std::size_t class_count);

}  // namespace spotter::kernels
