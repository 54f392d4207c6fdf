#include "cli/vectors_file.h"

#include <atomic>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "base/parallel.h"

namespace spotter::cli {
namespace {

constexpr std::size_t kGrain = 4096;  // rows

// The lowest row that holds NaN or infinity; `rows` when there is none. A sum of 0 × value is 0
// exactly when every value is a finite number.
std::size_t first_bad_row(const kernels::Vectors& vectors) {
  std::atomic<std::size_t> first{vectors.count()};
  parallel_for(vectors.count(), kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      float sums[16] = {};
      const auto values = vectors.row(row);
      std::size_t i = 0;
      for (; i + 16 <= values.size(); i += 16) {
        for (std::size_t lane = 0; lane < 16; ++lane) {
          sums[lane] += 0.0F * values[i + lane];
        }
      }
      float sum = 0;
      for (; i < values.size(); ++i) {
        sum += 0.0F * values[i];
      }
      for (const float s : sums) {
        sum += s;
      }
      if (sum != 0) {  // also when it is not a number
        std::size_t known = first.load();
        while (row < known && !first.compare_exchange_weak(known, row)) {
        }
      }
    }
  });
  return first;
}

}  // namespace

Metric metric_of(std::string_view name) {
  return name == "cosine" ? Metric::kCosine : Metric::kEuclidean;
}

void refuse_overwriting(const std::filesystem::path& out,
                        std::initializer_list<std::filesystem::path> inputs) {
  for (const auto& input : inputs) {
    std::error_code problem;  // a file that does not exist is no other
    if (std::filesystem::equivalent(out, input, problem)) {
      fail(ErrorCode::kInvalid,
           fmt::format("--out would overwrite a file that is read: {}", input.string()));
    }
  }
}

VectorsFile::VectorsFile(const std::filesystem::path& path, Metric metric) : file_(path) {
  if (file_.shape().size() != 2 || file_.columns() == 0) {
    fail(ErrorCode::kInvalid,
         fmt::format("a matrix with one vector a row is needed, and this array has {}: {}",
                     file_.columns() == 0 ? "no columns"
                                          : fmt::format("{} dimension{}", file_.shape().size(),
                                                        file_.shape().size() == 1 ? "" : "s"),
                     path.string()));
  }
  if (file_.rows() >= kernels::kNoNeighbour) {
    fail(ErrorCode::kInvalid,
         fmt::format("{} rows are more than can be numbered: {}", file_.rows(), path.string()));
  }
  values_ = file_.values(room_);
  if (const auto row = first_bad_row(vectors()); row < file_.rows()) {
    fail(ErrorCode::kInvalid,
         fmt::format("row {} holds a value that is not a finite number: {}", row, path.string()));
  }
  if (metric == Metric::kCosine) {
    normalise();
  }
}

void VectorsFile::normalise() {
  if (room_.empty()) {
    room_.assign(values_.begin(), values_.end());
    values_ = room_;
  }
  const std::size_t columns = file_.columns();
  parallel_for(file_.rows(), kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      const auto values = std::span(room_).subspan(row * columns, columns);
      double squares = 0;
      for (const float v : values) {
        squares += static_cast<double>(v) * static_cast<double>(v);
      }
      if (squares <= 0) {
        fail(ErrorCode::kInvalid, fmt::format("row {} is all zeros and has no direction: {}", row,
                                              file_.path().string()));
      }
      const auto scale = static_cast<float>(1 / std::sqrt(squares));
      for (float& v : values) {
        v *= scale;
      }
    }
  });
}

}  // namespace spotter::cli
