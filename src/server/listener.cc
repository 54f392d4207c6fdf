#include "server/listener.h"

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <deque>
#include <set>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

namespace spotter::server {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using std::chrono::seconds;

namespace {

constexpr std::size_t kHeaderBytesMax = std::size_t{16} << 10;
constexpr std::size_t kQueuedEventsMax = 256;
constexpr auto kIdle = seconds(75);
constexpr auto kDrain = seconds(2);
constexpr auto kHeartbeat = seconds(15);
constexpr auto kFinish = seconds(10);

class Session;

}  // namespace

// Everything here but `pool` and the atomics is touched by the thread of input and output alone.
struct Listener::Core {
  Core(const ListenOptions& options_in, ListenHooks hooks_in)
      : options(options_in),
        hooks(std::move(hooks_in)),
        acceptor(io),
        signals(io, SIGINT, SIGTERM),
        heartbeat(io),
        last_call(io),
        pool(static_cast<std::size_t>(options.worker_count)) {}

  void accept();
  void beat();
  void begin_stop();
  void send_to_streams(const std::shared_ptr<const std::string>& text);

  ListenOptions options;
  ListenHooks hooks;
  asio::io_context io{1};
  tcp::acceptor acceptor;
  asio::signal_set signals;
  asio::steady_timer heartbeat;
  asio::steady_timer last_call;
  asio::thread_pool pool;
  std::set<std::shared_ptr<Session>> sessions;
  std::atomic<std::size_t> streams{0};
  bool stopping = false;
};

namespace {

using Core = Listener::Core;

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, Core& core) : stream_(std::move(socket)), core_(core) {}

  void read() {
    state_ = State::kReading;
    parser_.emplace();
    parser_->body_limit(core_.options.body_bytes_max);
    parser_->header_limit(kHeaderBytesMax);
    stream_.expires_after(kIdle);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](beast::error_code problem, std::size_t) {
                       self->on_read(problem);
                     });
  }

  // Ends a connection that waits for its next request, and any stream; one at work ends by itself.
  void end_if_waiting() {
    if (state_ != State::kWorking) {
      close();
    }
  }

  void send(const std::shared_ptr<const std::string>& text) {
    if (state_ != State::kStreaming) {
      return;
    }
    if (queue_.size() >= kQueuedEventsMax) {
      close();
      return;
    }
    queue_.push_back(text);
    if (queue_.size() == 1) {
      write_event();
    }
  }

 private:
  enum class State { kReading, kWorking, kStreaming, kClosed };

  void on_read(beast::error_code problem) {
    if (problem) {
      refuse(problem);
      return;
    }
    state_ = State::kWorking;
    keep_alive_ = parser_->get().keep_alive();
    Request request;
    if (!take_request(request)) {
      respond(error_response(400, "invalid", "the address has a broken percent-encoding"));
      return;
    }
    if (auto response = core_.hooks.quick(request)) {
      respond(std::move(*response));
    } else if (request.path == core_.options.stream_path && request.method == "GET") {
      open_stream();
    } else {
      asio::post(core_.pool, [self = shared_from_this(), request = std::move(request)] {
        auto done = std::make_shared<Response>(self->core_.hooks.work(request));
        asio::post(self->core_.io, [self, done] { self->respond(std::move(*done)); });
      });
    }
  }

  bool take_request(Request& request) {
    auto message = parser_->release();
    request.method = std::string(message.method_string());
    head_ = request.method == "HEAD";
    for (const auto& field : message) {
      request.headers[to_lower(std::string_view(field.name_string()))] = std::string(field.value());
    }
    request.body = std::move(message.body());
    // The address comes from outside; a broken one is the sender's mistake, not an error of ours.
    try {
      set_target(request, std::string_view(message.target()));
    } catch (const Error&) {
      return false;
    }
    return request.path.starts_with('/') || request.path == "*";
  }

  // A request that could not be read: says why where somebody may still listen.
  void refuse(beast::error_code problem) {
    keep_alive_ = false;
    drain_ = true;
    state_ = State::kWorking;
    head_ = false;
    if (problem == http::error::body_limit) {
      respond(error_response(
          413, "too_large",
          fmt::format("the request body is larger than {} bytes", core_.options.body_bytes_max)));
    } else if (problem == http::error::header_limit) {
      respond(error_response(431, "too_large", "the request's header is too large"));
    } else if (problem.category() == make_error_code(http::error::bad_method).category() &&
               problem != http::error::end_of_stream && problem != http::error::partial_message) {
      respond(error_response(400, "invalid", "this is not an HTTP request"));
    } else {
      close();
    }
  }

  void respond(Response response) {
    core_.hooks.finish(response);
    answer_ = {};
    answer_.version(11);
    answer_.result(static_cast<unsigned>(response.status));
    answer_.set(http::field::server, "spotter");
    if (!response.media_type.empty()) {
      answer_.set(http::field::content_type, response.media_type);
    }
    for (const auto& [name, value] : response.headers) {
      answer_.set(name, value);
    }
    const bool bodiless = response.status == 204 || response.status == 304;
    if (!bodiless) {
      answer_.content_length(response.body.size());
    }
    if (!head_ && !bodiless) {
      answer_.body() = std::move(response.body);
    }
    keep_alive_ = keep_alive_ && !core_.stopping;
    answer_.keep_alive(keep_alive_);
    stream_.expires_after(kIdle);
    serializer_.emplace(answer_);
    http::async_write(stream_, *serializer_,
                      [self = shared_from_this()](beast::error_code problem, std::size_t) {
                        self->on_written(problem);
                      });
  }

  void on_written(beast::error_code problem) {
    if (problem || (!keep_alive_ && !drain_)) {
      close();
    } else if (keep_alive_) {
      read();
    } else {
      // What is still on its way is read and dropped, else closing would tear up the answer.
      beast::error_code ignored;
      stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
      stream_.expires_after(kDrain);
      drain();
    }
  }

  void drain() {
    stream_.async_read_some(asio::buffer(scratch_),
                            [self = shared_from_this()](beast::error_code problem, std::size_t) {
                              problem ? self->close() : self->drain();
                            });
  }

  void open_stream() {
    state_ = State::kStreaming;
    ++core_.streams;
    stream_.expires_never();
    Response head{.media_type = "text/event-stream"};
    core_.hooks.finish(head);
    std::string text =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
        "Connection: close\r\n";
    for (const auto& [name, value] : head.headers) {
      text += fmt::format("{}: {}\r\n", name, value);
    }
    send(std::make_shared<const std::string>(text + "\r\nretry: 2000\n\n"));
    watch_for_end();
  }

  void watch_for_end() {
    stream_.async_read_some(asio::buffer(scratch_),
                            [self = shared_from_this()](beast::error_code problem, std::size_t) {
                              problem ? self->close() : self->watch_for_end();
                            });
  }

  void write_event() {
    asio::async_write(stream_, asio::buffer(*queue_.front()),
                      [self = shared_from_this()](beast::error_code problem, std::size_t) {
                        if (problem || self->state_ != State::kStreaming) {
                          self->close();
                          return;
                        }
                        self->queue_.pop_front();
                        if (!self->queue_.empty()) {
                          self->write_event();
                        }
                      });
  }

  void close() {
    if (state_ == State::kClosed) {
      return;
    }
    if (state_ == State::kStreaming) {
      --core_.streams;
    }
    state_ = State::kClosed;
    beast::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    stream_.close();
    core_.sessions.erase(shared_from_this());
    if (core_.stopping && core_.sessions.empty()) {
      core_.last_call.cancel();
    }
  }

  beast::tcp_stream stream_;
  Core& core_;
  State state_ = State::kReading;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> answer_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
  bool keep_alive_ = false;
  bool head_ = false;
  bool drain_ = false;
  std::array<char, 4096> scratch_{};
  std::deque<std::shared_ptr<const std::string>> queue_;
};

}  // namespace

void Listener::Core::accept() {
  acceptor.async_accept([this](beast::error_code problem, tcp::socket socket) {
    if (stopping || problem == asio::error::operation_aborted) {
      return;
    }
    if (!problem && sessions.size() < static_cast<std::size_t>(options.connections_max)) {
      const auto session = std::make_shared<Session>(std::move(socket), *this);
      sessions.insert(session);
      session->read();
    }
    accept();
  });
}

void Listener::Core::send_to_streams(const std::shared_ptr<const std::string>& text) {
  for (const auto& session : std::set(sessions)) {
    session->send(text);
  }
}

void Listener::Core::beat() {
  heartbeat.expires_after(kHeartbeat);
  heartbeat.async_wait([this](beast::error_code problem) {
    if (!problem) {
      send_to_streams(std::make_shared<const std::string>(": still here\n\n"));
      beat();
    }
  });
}

void Listener::Core::begin_stop() {
  if (stopping) {
    return;
  }
  stopping = true;
  beast::error_code ignored;
  acceptor.close(ignored);
  signals.cancel(ignored);
  heartbeat.cancel();
  for (const auto& session : std::set(sessions)) {
    session->end_if_waiting();
  }
  if (sessions.empty()) {
    return;
  }
  last_call.expires_after(kFinish);
  last_call.async_wait([this](beast::error_code) { io.stop(); });
}

Listener::Listener(const ListenOptions& options, ListenHooks hooks)
    : core_(std::make_unique<Core>(options, std::move(hooks))) {
  beast::error_code problem;
  const auto address = asio::ip::make_address(options.address, problem);
  if (problem) {
    fail(ErrorCode::kInvalid,
         fmt::format("\"{}\" is no address to listen on; use one such as 127.0.0.1",
                     options.address));
  }
  const tcp::endpoint endpoint(address, static_cast<unsigned short>(options.port));
  core_->acceptor.open(endpoint.protocol(), problem);
  if (!problem) {
    core_->acceptor.set_option(asio::socket_base::reuse_address(true), problem);
    core_->acceptor.bind(endpoint, problem);
  }
  if (!problem) {
    core_->acceptor.listen(asio::socket_base::max_listen_connections, problem);
  }
  if (problem) {
    fail(ErrorCode::kUnavailable,
         fmt::format("cannot listen on {}:{}, because {}; choose another port with --bind",
                     options.address, options.port, problem.message()));
  }
}

Listener::~Listener() {
  core_->pool.join();
}

int Listener::port() const {
  return core_->acceptor.local_endpoint().port();
}

void Listener::run() {
  core_->signals.async_wait([this](beast::error_code problem, int) {
    if (!problem) {
      core_->begin_stop();
    }
  });
  core_->accept();
  core_->beat();
  core_->io.run();
  core_->pool.join();
}

void Listener::stop() {
  asio::post(core_->io, [this] { core_->begin_stop(); });
}

void Listener::publish(std::string_view event, std::string_view data) {
  auto text =
      std::make_shared<const std::string>(fmt::format("event: {}\ndata: {}\n\n", event, data));
  asio::post(core_->io, [this, text] { core_->send_to_streams(text); });
}

std::size_t Listener::stream_count() const {
  return core_->streams.load();
}

}  // namespace spotter::server
