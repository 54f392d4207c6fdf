// The filter language of queries, slices and campaigns: "weather = 'rain' AND label.class =
// 'cone'". Grammar: OR, AND, NOT, parentheses; = != < <= > >= IN (…) LIKE, IS NULL; names are
// sample columns (key, source, sequence, width, …), sample attributes (weather, or
// attributes.weather), label.class, label.<attribute>, prediction.class, prediction.score, of both
// width, height, area (pixels), aspect (width / height), center_x and center_y (shares of the
// picture), flagged, labelled, version, split. Values are numbers, 'text', true, false. Compiles to
// allow-listed SQL with bound parameters; never raw SQL.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "domain/annotation.h"
#include "domain/sample.h"
#include "project/project.h"

namespace spotter {

class Filter {
 public:
  // Throws kInvalid with the position and what was expected. "true" and "" mean everything.
  static Filter parse(std::string_view text);
  Filter(Filter&&) noexcept;
  Filter& operator=(Filter&&) noexcept;
  ~Filter();

  [[nodiscard]] bool mentions_labels() const;
  [[nodiscard]] bool mentions_predictions() const;
  // Whether the sample alone satisfies the filter; conditions on labels count as satisfied.
  [[nodiscard]] bool matches(const Sample& sample) const;
  // Whether the sample satisfies the filter whatever labels and predictions it has or has not:
  // "weather = 'rain' OR label.class = 'cone'" holds for every sample in rain.
  [[nodiscard]] bool matches_unlabelled(const Sample& sample) const;
  // Whether this label of this sample satisfies the whole filter (class and attributes of the
  // label).
  [[nodiscard]] bool matches(const Sample& sample, const Label& label) const;
  [[nodiscard]] const std::string& text() const;

  struct Node;

 private:
  explicit Filter(std::unique_ptr<Node> root, std::string text);
  std::unique_ptr<Node> root_;
  std::string text_;
  friend struct FilterSql;
};

struct QueryPage {
  std::size_t total = 0;
  std::vector<Sample> samples;  // by key
};

// Samples that satisfy the filter (a label condition: some current label does; without labels, what
// is said of them is unknown, and NOT leaves it unknown), by key, after `after`. Throws kInvalid
// for unknown names with "did you mean".
[[nodiscard]] QueryPage query_samples(Project& project, const Filter& filter, std::size_t limit,
                                      std::string_view after = {});
// All keys, by key.
[[nodiscard]] std::vector<std::string> query_keys(Project& project, const Filter& filter);

}  // namespace spotter
