#include "kernels/principal_directions.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "base/random.h"
#include "kernels/products.h"

namespace spotter::kernels {
namespace {

// Gram and Schmidt twice, in double precision; directions without length are left out.
std::vector<float> orthonormal(const std::vector<double>& directions, std::size_t dimensions) {
  std::vector<std::vector<double>> kept;
  for (std::size_t begin = 0; begin < directions.size(); begin += dimensions) {
    std::vector<double> d(directions.begin() + static_cast<std::ptrdiff_t>(begin),
                          directions.begin() + static_cast<std::ptrdiff_t>(begin + dimensions));
    const auto length = [&] {
      double squares = 0;
      for (const double v : d) {
        squares += v * v;
      }
      return std::sqrt(squares);
    };
    const double before = length();
    for (int round = 0; round < 2; ++round) {
      for (const auto& other : kept) {
        double product = 0;
        for (std::size_t i = 0; i < dimensions; ++i) {
          product += d[i] * other[i];
        }
        for (std::size_t i = 0; i < dimensions; ++i) {
          d[i] -= product * other[i];
        }
      }
    }
    const double after = length();
    if (after > 1e-6 * before && after > 0) {
      for (double& v : d) {
        v /= after;
      }
      kept.push_back(std::move(d));
    }
  }
  std::vector<float> result;
  for (const auto& d : kept) {
    std::transform(d.begin(), d.end(), std::back_inserter(result),
                   [](double v) { return static_cast<float>(v); });
  }
  return result;
}

}  // namespace

std::vector<float> mean_of(const Vectors& vectors) {
  std::vector<double> sums(vectors.dimensions, 0.0);
  for (std::size_t row = 0; row < vectors.count(); ++row) {
    const auto values = vectors.row(row);
    for (std::size_t i = 0; i < sums.size(); ++i) {
      sums[i] += static_cast<double>(values[i]);
    }
  }
  std::vector<float> mean;
  for (const double sum : sums) {
    mean.push_back(static_cast<float>(sum / static_cast<double>(vectors.count())));
  }
  return mean;
}

std::vector<float> principal_directions(const Vectors& vectors, std::size_t count) {
  constexpr int kRounds = 4;
  const std::size_t dimensions = vectors.dimensions;
  std::vector<float> centred(vectors.values.begin(), vectors.values.end());
  const auto mean = mean_of(vectors);
  for (std::size_t i = 0; i < centred.size(); ++i) {
    centred[i] -= mean[i % dimensions];
  }
  Rng rng(1, "directions");
  std::vector<double> next(count * dimensions);
  std::generate(next.begin(), next.end(), [&] { return rng.normal(); });
  auto directions = orthonormal(next, dimensions);
  for (int round = 0; round < kRounds; ++round) {
    BlockProducts products;
    products.set_right(directions, dimensions);
    products.set_left(centred, dimensions);
    products.multiply();
    const std::size_t found = products.right_count();
    next.assign(found * dimensions, 0.0);
    parallel_for(found, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t row = 0; row < vectors.count(); ++row) {
        const float* values = centred.data() + row * dimensions;
        for (std::size_t d = begin; d < end; ++d) {
          const auto share = static_cast<double>(products.row(row)[d]);
          for (std::size_t i = 0; i < dimensions; ++i) {
            next[d * dimensions + i] += share * static_cast<double>(values[i]);
          }
        }
      }
    });
    const auto better = orthonormal(next, dimensions);
    if (better.empty()) {
      break;  // all rows are equal
    }
    directions = better;
  }
  return directions;
}

}  // namespace spotter::kernels
