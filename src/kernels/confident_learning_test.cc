#include "kernels/confident_learning.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"
#include "kernels/confident_joint.h"

namespace spotter::kernels {
namespace {

using Labels = std::vector<std::int64_t>;

template <typename Real>
struct Case {
  Labels labels;
  std::vector<Real> values;
  std::size_t classes = 0;
  [[nodiscard]] Probabilities<Real> probabilities() const { return {values, classes}; }
};

// Labels of `classes` classes, a fifth of them wrong, and the probabilities of an imperfect model.
template <typename Real>
Case<Real> noisy(std::size_t rows, std::size_t classes, std::uint64_t seed) {
  Rng rng(seed);
  Case<Real> c{.classes = classes};
  for (std::size_t i = 0; i < rows; ++i) {
    const auto truth = rng.index(classes);
    c.labels.push_back(static_cast<std::int64_t>(rng.uniform() < 0.2 ? rng.index(classes) : truth));
    double sum = 0;
    std::vector<double> row(classes);
    for (std::size_t k = 0; k < classes; ++k) {
      row[k] = std::exp(2 * rng.uniform() + (k == truth ? 2 * rng.uniform() : 0));
      sum += row[k];
    }
    for (const double v : row) {
      c.values.push_back(static_cast<Real>(v / sum));
    }
  }
  return c;
}

// By full sorts of every pair of classes, from the definition.
template <typename Real>
std::vector<std::size_t> by_sorting(const Case<Real>& c, const std::vector<std::int64_t>& joint) {
  std::vector<std::size_t> first(c.classes + 1, 0);
  for (const auto label : c.labels) {
    ++first[static_cast<std::size_t>(label) + 1];
  }
  for (std::size_t k = 0; k < c.classes; ++k) {
    first[k + 1] += first[k];
  }
  const auto counts = prune_counts(joint, first);
  std::vector<bool> wrong(c.labels.size(), false);
  const auto p = c.probabilities();
  for (std::size_t k = 0; k < c.classes; ++k) {
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < c.labels.size(); ++i) {
      if (c.labels[i] == static_cast<std::int64_t>(k)) {
        rows.push_back(i);
      }
    }
    for (std::size_t j = 0; j < c.classes && rows.size() > 1; ++j) {
      auto order = rows;
      std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return p.row(a)[j] - p.row(a)[k] > p.row(b)[j] - p.row(b)[k];
      });
      const auto count = j == k ? 0 : static_cast<std::size_t>(counts[j * c.classes + k]);
      for (std::size_t r = 0; r < std::min(count, order.size()); ++r) {
        wrong[order[r]] = true;
      }
    }
  }
  std::vector<std::size_t> result;
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    const auto row = p.row(i);
    const auto top = std::max_element(row.begin(), row.end()) - row.begin();
    if (wrong[i] && top != c.labels[i]) {
      result.push_back(i);
    }
  }
  return result;
}

TEST(ConfidentLearning, FindsTheOneThatIsConfidentlyAnother) {
  // Thresholds: (.9 + .8 + .2) / 3 and (.9 + .7) / 2; row 2 reaches that of class 1, row 4 none.
  const Case<double> c{{0, 0, 0, 1, 1}, {.9, .1, .8, .2, .2, .8, .1, .9, .3, .7}, 2};
  const auto found = find_label_errors(c.labels, c.probabilities(), LabelFilter::kPruneByNoiseRate);
  EXPECT_EQ(found.rows, std::vector<std::size_t>{2});
  EXPECT_EQ(found.scores, (std::vector<double>{.9, .8, .2, .9, .7}));
  EXPECT_EQ(found.joint, (std::vector<std::int64_t>{2, 1, 0, 1}));
}

TEST(ConfidentLearning, EveryFilterFindsItToo) {
  const Case<float> c{{0, 0, 0, 1, 1}, {.9F, .1F, .8F, .2F, .2F, .8F, .1F, .9F, .3F, .7F}, 2};
  for (std::size_t f = 0; f < kLabelFilters.size(); ++f) {
    EXPECT_EQ(find_label_errors(c.labels, c.probabilities(), static_cast<LabelFilter>(f)).rows,
              std::vector<std::size_t>{2})
        << kLabelFilters[f];
  }
}

TEST(ConfidentLearning, AgreesWithFullSorts) {
  std::size_t seed = 1;
  for (const std::size_t classes : {2, 3, 4, 5, 8, 13, 37}) {
    const auto wide = noisy<double>(700, classes, seed);
    const auto all =
        find_label_errors(wide.labels, wide.probabilities(), LabelFilter::kPruneByNoiseRate);
    auto rows = all.rows;
    std::sort(rows.begin(), rows.end());
    EXPECT_EQ(rows, by_sorting(wide, all.joint)) << classes;
    EXPECT_FALSE(rows.empty());
    const auto narrow = noisy<float>(701, classes, seed++);
    const auto found =
        find_label_errors(narrow.labels, narrow.probabilities(), LabelFilter::kPruneByNoiseRate);
    rows = found.rows;
    std::sort(rows.begin(), rows.end());
    EXPECT_EQ(rows, by_sorting(narrow, found.joint)) << classes;
    EXPECT_TRUE(std::is_sorted(found.rows.begin(), found.rows.end(),
                               [&](auto a, auto b) { return found.scores[a] < found.scores[b]; }));
  }
}

TEST(ConfidentLearning, AClassWithoutLabelsIsNeverGuessed) {
  const Case<double> c{{0, 0, 2, 2}, {.1, .9, 0, .8, .1, .1, .1, .1, .8, 0, .9, .1}, 3};
  const auto found =
      find_label_errors(c.labels, c.probabilities(), LabelFilter::kConfidentLearning);
  EXPECT_TRUE(found.rows.empty());
  EXPECT_EQ(found.joint, (std::vector<std::int64_t>{1, 0, 0, 0, 1, 0, 0, 0, 1}));
}

std::string refusal(const Case<double>& c) {
  try {
    (void)find_label_errors(c.labels, c.probabilities(), LabelFilter::kPruneByNoiseRate);
  } catch (const Error& e) {
    return e.what();
  }
  return "accepted";
}

TEST(ConfidentLearning, RefusesByRow) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(refusal({{0, 1}, {.9, .1, .2, 1.00001}, 2}),
            "row 1: the probability of class 1 is 1.00001, outside of 0 to 1");
  EXPECT_EQ(refusal({{0, 1}, {.9, .1, nan, .8}, 2}),
            "row 1: the probability of class 0 is no finite number");
  EXPECT_EQ(refusal({{0, 2}, {.9, .1, .2, .8}, 2}), "row 1: the label 2 is no class from 0 to 1");
  EXPECT_EQ(refusal({{-1, 1}, {.9, .1, .2, .8}, 2}), "row 0: the label -1 is no class from 0 to 1");
  EXPECT_EQ(refusal({{0, 1, 1}, {.9, .1, .2, .8}, 2}),
            "there are 3 labels and 2 rows of probabilities");
  EXPECT_NE(refusal({{1, 1}, {.9, .1, .2, .8}, 2}).find("fewer than two classes"),
            std::string::npos);
  EXPECT_NE(refusal({{}, {}, 2}).find("fewer than two classes"), std::string::npos);
  EXPECT_EQ(refusal({{0, 1}, {.9, .1, 0 - 5e-7, 1 + 5e-7}, 2}), "accepted");
}

TEST(ConfidentLearning, NormalisesRows) {
  std::vector<double> values = {1.5, .5, -.25, .5};
  normalise_probabilities<double>(values, 2);
  EXPECT_EQ(values, (std::vector<double>{1 / 1.5, .5 / 1.5, 0, 1}));
  std::vector<double> nothing = {0, -1};
  EXPECT_THROW(normalise_probabilities<double>(nothing, 2), Error);
}

TEST(PruneCounts, KeepRowSumsAndOneCorrectLabelAClass) {
  // Rows of 4 and 3 labels, guessed 3:1 and 1:1; 1.5 rounds to 2 twice, so the last gives one back.
  const std::vector<std::int64_t> joint = {3, 1, 1, 1};
  const std::vector<std::size_t> first = {0, 4, 7};
  const auto counts = prune_counts(joint, first);
  EXPECT_EQ(counts[0] + counts[2], 4);
  EXPECT_EQ(counts[1] + counts[3], 3);
  EXPECT_EQ(counts[0], 3);
}

}  // namespace
}  // namespace spotter::kernels
