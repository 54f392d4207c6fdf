// Sorting many floating-point numbers: by their bits, eleven at a time, several times faster than
// by comparing.
#pragma once
#include <vector>

namespace spotter::kernels {

// Ascending; -0 before 0, NaN at the ends. Linear time; memory for a copy.
void sort_values(std::vector<double>& values);

}  // namespace spotter::kernels
