#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace spotter {

int thread_count() {
  // Read once, before any thread could change the environment.
  static const int count = [] {
    const char* text = std::getenv("SPOTTER_THREADS");
    const int wanted = text == nullptr ? 0 : std::atoi(text);
    const int cores = static_cast<int>(std::thread::hardware_concurrency());
    return std::max(1, wanted > 0 ? wanted : cores);
  }();
  return count;
}

void parallel_for(std::size_t count, std::size_t grain,
                  const std::function<void(std::size_t, std::size_t)>& body) {
  grain = std::max<std::size_t>(1, grain);
  const std::size_t chunks = (count + grain - 1) / grain;
  const auto threads = std::min<std::size_t>(static_cast<std::size_t>(thread_count()), chunks);
  if (threads <= 1) {
    if (count > 0) {
      body(0, count);
    }
    return;
  }
  std::atomic<std::size_t> next{0};
  std::exception_ptr first_error;
  std::mutex error_mutex;
  const auto work = [&] {
    for (std::size_t chunk = next++; chunk < chunks; chunk = next++) {
      try {
        body(chunk * grain, std::min(count, (chunk + 1) * grain));
      } catch (...) {  // A thread boundary: handed to the caller below.
        const std::scoped_lock lock(error_mutex);
        first_error = first_error ? first_error : std::current_exception();
        next = chunks;
      }
    }
  };
  {
    std::vector<std::jthread> pool;
    for (std::size_t i = 1; i < threads; ++i) {
      pool.emplace_back(work);
    }
    work();
  }
  if (first_error) {
    std::rethrow_exception(first_error);
  }
}

}  // namespace spotter
