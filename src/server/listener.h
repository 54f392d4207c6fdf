// Speaks HTTP/1.1 on one address: reads requests, hands them to functions, writes answers, and
// keeps event streams open. One thread does all input and output, so that a stream costs no thread;
// work runs on a few others. Not for what requests mean: that is router.h.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "server/http.h"

namespace spotter::server {

struct ListenOptions {
  std::string address = "127.0.0.1";
  int port = 8300;  // 0 = any free one
  int worker_count = 4;
  std::size_t body_bytes_max = std::size_t{1} << 20;
  int connections_max = 512;
  std::string stream_path;  // GET of it opens an event stream
};

struct ListenHooks {
  // Called first, on the thread of input and output: must not block. Nothing = not my request.
  std::function<std::optional<Response>(const Request&)> quick;
  // Called on a worker thread. Must not throw.
  std::function<Response(const Request&)> work;
  // Completes every response before it is written.
  std::function<void(Response&)> finish;
};

class Listener {
 public:
  // Binds and listens. Throws kInvalid for an address that is none, kUnavailable when it is taken.
  Listener(const ListenOptions& options, ListenHooks hooks);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] int port() const;
  // Serves until stop() or until SIGTERM or SIGINT: then takes no more connections, finishes the
  // requests at work (at most 10 s) and closes the streams.
  void run();
  // From any thread.
  void stop();
  // Sends a server-sent event to every open stream; a stream that does not read is closed. From any
  // thread.
  void publish(std::string_view event, std::string_view data);
  [[nodiscard]] std::size_t stream_count() const;

  struct Core;  // listener.cc's own

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace spotter::server
