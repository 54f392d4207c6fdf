// SHA-256 of bytes that come in pieces; for whole texts and files see hash.h.
#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace spotter {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void add(std::string_view bytes);
  // Lower-case hex of everything added; call once.
  [[nodiscard]] std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace spotter
