// Partial failure: rows that could not be taken are collected with file, place and reason while the
// good rows go on. One bad row never spoils the rest.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace spotter {

struct Reject {
  std::string file;    // as the user named it
  std::string where;   // "annotation 17", "line 3"; empty for the whole file
  std::string reason;  // what is wrong and, where it helps, what to do
};

class Rejects {
 public:
  Rejects() = default;
  // Keeps the first `kept_max` rows and counts the rest.
  explicit Rejects(std::size_t kept_max) : kept_max_(kept_max) {}
  void add(std::string file, std::string where, std::string reason) {
    ++count_;
    if (rows_.size() < kept_max_) {
      rows_.push_back({std::move(file), std::move(where), std::move(reason)});
    }
  }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] const std::vector<Reject>& rows() const { return rows_; }

 private:
  std::size_t kept_max_ = 10'000;
  std::size_t count_ = 0;
  std::vector<Reject> rows_;
};

}  // namespace spotter
