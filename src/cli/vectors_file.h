// A .npy matrix whose rows are vectors, as the commands about vectors take it.
#pragma once
#include <filesystem>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "base/npy.h"
#include "kernels/knn.h"

namespace spotter::cli {

enum class Metric { kEuclidean, kCosine };
// Of the option --metric: "euclidean" or "cosine".
[[nodiscard]] Metric metric_of(std::string_view name);

// Throws kInvalid when writing `out` would overwrite one of the files that are read.
void refuse_overwriting(const std::filesystem::path& out,
                        std::initializer_list<std::filesystem::path> inputs);

// Rows of the file as float32; mapped, not copied, where it holds float32 and the metric is
// Euclidean. With kCosine the rows have length 1, so that half a squared distance is 1 - cosine.
class VectorsFile {
 public:
  // Throws like Npy, and kInvalid for what is no matrix, holds NaN or infinity, or (kCosine) a row
  // of zeros.
  explicit VectorsFile(const std::filesystem::path& path, Metric metric = Metric::kEuclidean);
  [[nodiscard]] kernels::Vectors vectors() const { return {values_, file_.columns()}; }

 private:
  void normalise();

  Npy file_;
  std::vector<float> room_;
  std::span<const float> values_;
};

}  // namespace spotter::cli
