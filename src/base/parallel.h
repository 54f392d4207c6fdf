// Data parallelism: one loop over all cores. An exception in a worker is rethrown in the caller.
#pragma once
#include <cstddef>
#include <functional>

namespace spotter {

// Threads used by parallel_for: the environment variable SPOTTER_THREADS, else the cores.
[[nodiscard]] int thread_count();

// Calls body(begin, end) for consecutive chunks that cover 0..count. Chunks have at most `grain`
// items; order of execution is unspecified, so write results by index. Runs inline when one thread
// is enough.
void parallel_for(std::size_t count, std::size_t grain,
                  const std::function<void(std::size_t, std::size_t)>& body);

}  // namespace spotter
