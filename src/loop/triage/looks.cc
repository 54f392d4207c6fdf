#include "loop/triage/looks.h"

#include <cmath>
#include <map>
#include <set>
#include <string_view>

#include "trainer/trainer.h"

namespace spotter::triage {

Looks looks_of(Project& project, const std::string& model, const std::vector<std::string>& keys) {
  Looks looks;
  if (model.empty() || keys.empty()) {
    return looks;
  }
  const std::set<std::string> distinct(keys.begin(), keys.end());
  const std::vector<std::string> wanted(distinct.begin(), distinct.end());
  const auto known = trainer::image_embeddings(project, model, wanted);
  const std::size_t d = known.dimensions;
  if (known.keys.empty() || d == 0) {
    return looks;
  }
  std::vector<double> mean(d);
  for (std::size_t i = 0; i < known.values.size(); ++i) {
    mean[i % d] += static_cast<double>(known.values[i]) / static_cast<double>(known.keys.size());
  }
  std::map<std::string_view, std::size_t> row_of;
  for (std::size_t r = 0; r < known.keys.size(); ++r) {
    row_of.emplace(known.keys[r], r);
  }
  looks.dimensions = d;
  looks.rows.assign(keys.size() * d, 0);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto row = row_of.find(keys[i]);
    double square = 0;
    for (std::size_t k = 0; row != row_of.end() && k < d; ++k) {
      const double off = static_cast<double>(known.values[row->second * d + k]) - mean[k];
      looks.rows[i * d + k] = static_cast<float>(off);
      square += off * off;
    }
    for (std::size_t k = 0; square > 0 && k < d; ++k) {
      looks.rows[i * d + k] /= static_cast<float>(std::sqrt(square));
    }
  }
  return looks;
}

}  // namespace spotter::triage
