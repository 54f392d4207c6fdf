#include "server/serve.h"

#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/log.h"
#include "loop/cycle/scheduler.h"
#include "server/children.h"
#include "server/listener.h"
#include "server/metrics.h"
#include "server/project_pool.h"
#include "server/router.h"
#include "server/sample_lists.h"
#include "server/static_files.h"
#include "server/thumbnails.h"
#include "server/watcher.h"

namespace spotter::server {
namespace {

constexpr std::size_t kProjectsMax = 3;
constexpr auto kLookEvery = std::chrono::milliseconds(700);
constexpr auto kScheduleEvery = std::chrono::seconds(20);
constexpr const char* kStreamPath = "/api/v1/events";

struct Address {
  std::string host;
  int port = 0;
  [[nodiscard]] bool loopback() const {
    return host == "127.0.0.1" || host == "::1" || host.starts_with("127.");
  }
};

Address parse_address(const std::string& text) {
  const auto colon = text.rfind(':');
  Address address;
  int port = -1;
  if (colon != std::string::npos) {
    address.host = text.substr(0, colon);
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  }
  if (address.host.starts_with('[') && address.host.ends_with(']')) {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  address.host = address.host == "localhost" ? "127.0.0.1" : address.host;
  if (address.host.empty() || port < 0 || port > 65535) {
    fail(ErrorCode::kInvalid,
         fmt::format("\"{}\" is no address; write host:port, such as 127.0.0.1:8300", text));
  }
  address.port = port;
  return address;
}

// Wakes at intervals until told to end.
class Ticker {
 public:
  // False when it is time to end.
  bool wait(std::chrono::milliseconds duration) {
    std::unique_lock guard(mutex_);
    return !ended_.wait_for(guard, duration, [this] { return over_; });
  }
  void end() {
    {
      const std::scoped_lock guard(mutex_);
      over_ = true;
    }
    ended_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
};

class Server {
 public:
  explicit Server(const ServeOptions& options)
      : options_(options),
        address_(parse_address(options.bind)),
        root_(open_project(options.project).root),
        pool_(root_, kProjectsMax),
        files_(program_folder() / "web"),
        shared_{sample_lists_, thumbnails_, children_},
        listener_({.address = address_.host, .port = address_.port, .stream_path = kStreamPath},
                  {.quick = [this](const Request& r) { return quick(r); },
                   .work = [this](const Request& r) { return work(r); },
                   .finish = [this](Response& r) { finish(r); }}) {}

  void run() {
    std::thread watching([this] { watch(); });
    std::thread scheduling([this] { schedule(); });
    if (options_.on_ready) {
      const bool six = address_.host.find(':') != std::string::npos;
      options_.on_ready(fmt::format("http://{}{}{}:{}", six ? "[" : "", address_.host,
                                    six ? "]" : "", listener_.port()));
    }
    if (!address_.loopback()) {
      log_warning(
          "whoever reaches this address can see and change the project: there are no accounts");
    }
    listener_.run();
    ticker_.end();
    watching.join();
    scheduling.join();
  }

 private:
  std::optional<Response> quick(const Request& request) {
    if (auto refusal = refuse_foreign(request, address_.loopback())) {
      return refusal;
    }
    if (request.path == "/health") {
      return json_response({{"status", "ok"}, {"version", SPOTTER_VERSION}});
    }
    if (request.path.starts_with("/api/") || request.path == "/metrics") {
      return std::nullopt;
    }
    auto file = files_.answer(request, new_nonce());
    return file ? file
                : error_response(405, "wrong_method", "this address answers GET and HEAD only");
  }

  std::string new_nonce() {
    return sha256_hex(fmt::format("{}/{}", nonce_seed_, ++nonce_count_)).substr(0, 24);
  }

  // Opening a project may fail, as when spotter.yaml is broken: the page shows the reason.
  Response work(const Request& request) {
    const auto begun = std::chrono::steady_clock::now();
    Response response;
    try {
      const auto lease = pool_.borrow();
      response = request.path == "/metrics" ? metrics_.page(*lease, listener_.stream_count())
                                            : router_.answer(*lease, shared_, request);
    } catch (const Error& e) {
      response = error_response(http_status(e.code), name(e.code), e.what());
    } catch (const std::exception& e) {
      log_warning(e.what());
      response = error_response(500, "internal", "internal fault; the server's log says more");
    }
    metrics_.count(response.status,
                   std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
    return response;
  }

  void finish(Response& response) { add_security_headers(response); }

  // A thread of its own, so errors end here: they are logged and looked at again later.
  void watch() {
    Watcher watcher;
    while (ticker_.wait(kLookEvery)) {
      if (listener_.stream_count() == 0) {
        continue;
      }
      try {
        const auto lease = pool_.borrow();
        if (const auto changed = watcher.look(*lease); !changed.empty()) {
          listener_.publish("change", Json({{"topics", changed}}).dump());
        }
        if (const auto progress = watcher.progress(*lease)) {
          listener_.publish("progress",
                            progress->dump(-1, ' ', false, Json::error_handler_t::replace));
        }
      } catch (const std::exception& e) {
        log_debug(e.what());
      }
    }
  }

  void schedule() {
    while (ticker_.wait(kScheduleEvery)) {
      try {
        children_.forget_ended();
        if (!options_.schedule) {
          continue;
        }
        const auto lease = pool_.borrow();
        cycle::Scheduler scheduler(*lease);
        (void)scheduler.tick(
            [&](const std::vector<std::string>& arguments) { children_.start(*lease, arguments); });
      } catch (const std::exception& e) {
        log_warning(fmt::format("the calendar: {}", e.what()));
      }
    }
  }

  ServeOptions options_;
  Address address_;
  std::filesystem::path root_;
  ProjectPool pool_;
  StaticFiles files_;
  Router router_;
  SampleLists sample_lists_;
  Thumbnails thumbnails_;
  Children children_;
  Shared shared_;
  Metrics metrics_;
  Ticker ticker_;
  std::string nonce_seed_ = random_text();
  std::atomic<std::uint64_t> nonce_count_{0};
  Listener listener_;

  static std::string random_text();
};

std::string Server::random_text() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", device(), device(), device(), device());
}

}  // namespace

void serve(const ServeOptions& options) {
  if (options.schedule) {
    Project project = open_project(options.project);
    const cycle::Scheduler calendar(project);  // a calendar that nobody can read is said at once
  }
  Server(options).run();
}

}  // namespace spotter::server
