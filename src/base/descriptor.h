// An open file descriptor that is closed at the end of its scope.
#pragma once
#include <unistd.h>

namespace spotter {

// Owns `value`; negative = none, as a failed open() leaves it. Never throws.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) {
      ::close(value_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return value_; }

 private:
  int value_;
};

}  // namespace spotter
