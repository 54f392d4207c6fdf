#include "base/subprocess.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

namespace spotter {
namespace {

enum class Session { kCallers, kOwn };

// Everything the child needs, built before fork: between fork and exec only async-signal-safe
// calls.
struct Prepared {
  std::vector<std::string> environment;
  std::vector<char*> argv;
  std::vector<char*> envp;
};

Prepared prepare(const CommandSpec& spec) {
  Prepared p;
  for (char** e = environ; *e != nullptr; ++e) {
    const std::string entry(*e);
    if (!spec.environment.contains(entry.substr(0, entry.find('=')))) {
      p.environment.push_back(entry);
    }
  }
  for (const auto& [key, value] : spec.environment) {
    p.environment.push_back(key + "=" + value);
  }
  for (const auto& argument : spec.arguments) {
    p.argv.push_back(const_cast<char*>(argument.c_str()));  // NOLINT: execvpe wants char*
  }
  p.argv.push_back(nullptr);
  for (auto& entry : p.environment) {
    p.envp.push_back(entry.data());
  }
  p.envp.push_back(nullptr);
  return p;
}

void redirect(const std::filesystem::path& file, int target) {
  if (file.empty()) {
    return;
  }
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (descriptor < 0) {
    ::_exit(126);
  }
  ::dup2(descriptor, target);
  ::close(descriptor);
}

// Forks and executes. The child reports a failed exec through a pipe that exec closes.
int start(const CommandSpec& spec, Session session, int stdout_descriptor) {
  require(!spec.arguments.empty(), "a command needs a program");
  Prepared p = prepare(spec);
  std::array<int, 2> report{};
  if (::pipe2(report.data(), O_CLOEXEC) != 0) {
    fail(ErrorCode::kUnavailable, "cannot make a pipe");
  }
  const int pid = ::fork();
  if (pid == 0) {
    if (session == Session::kOwn) {
      ::setsid();
    }
    if (spec.dies_with_caller) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    }
    sigset_t
        none;  // What the caller waits for with sigtimedwait must not stay blocked in the program.
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    const int input =
        ::open(spec.stdin_file.empty() ? "/dev/null" : spec.stdin_file.c_str(), O_RDONLY);
    if (input < 0) {
      ::_exit(126);
    }
    ::dup2(input, STDIN_FILENO);
    if (stdout_descriptor >= 0) {
      ::dup2(stdout_descriptor, STDOUT_FILENO);
    }
    redirect(spec.stdout_file, STDOUT_FILENO);
    redirect(spec.stderr_file, STDERR_FILENO);
    if (spec.folder.empty() || ::chdir(spec.folder.c_str()) == 0) {
      ::execvpe(p.argv[0], p.argv.data(), p.envp.data());
    }
    const int error = errno;
    const auto ignored = ::write(report[1], &error, sizeof error);
    ::_exit(ignored == sizeof error ? 127 : 126);
  }
  ::close(report[1]);
  int error = 0;
  const bool failed = pid > 0 && ::read(report[0], &error, sizeof error) == sizeof error;
  ::close(report[0]);
  if (pid < 0 || failed) {
    if (pid > 0) {
      ::waitpid(pid, nullptr, 0);
    }
    fail(ErrorCode::kInvalid, fmt::format("cannot start \"{}\": {}", spec.arguments[0],
                                          std::generic_category().message(error)));
  }
  return pid;
}

int decode(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

CommandResult run_command(const CommandSpec& spec) {
  CommandResult result;
  if (!spec.stdout_file.empty()) {
    result.exit_code = wait_child(start(spec, Session::kCallers, -1));
    return result;
  }
  std::array<int, 2> out{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0) {
    fail(ErrorCode::kUnavailable, "cannot make a pipe");
  }
  const int pid = start(spec, Session::kCallers, out[1]);
  ::close(out[1]);
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t got = ::read(out[0], buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      break;
    }
    result.output.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(out[0]);
  result.exit_code = wait_child(pid);
  return result;
}

int spawn_command(const CommandSpec& spec) {
  return start(spec, Session::kOwn, -1);
}

std::optional<int> poll_child(int pid) {
  int status = 0;
  const int got = ::waitpid(pid, &status, WNOHANG);
  if (got == pid) {
    return decode(status);
  }
  return std::nullopt;
}

int wait_child(int pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) {
      return -1;
    }
  }
  return decode(status);
}

long process_start_ticks(int pid) {
  std::ifstream in(fmt::format("/proc/{}/stat", pid));
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto close = text.rfind(')');  // The name may hold spaces and brackets.
  if (close == std::string::npos || text.size() < close + 3 || text[close + 2] == 'Z') {
    return 0;
  }
  std::istringstream fields(text.substr(close + 2));
  std::string field;
  for (int i = 0; i < 20 && fields >> field; ++i) {
  }
  return std::strtol(field.c_str(), nullptr, 10);
}

bool process_alive(int pid, long start_ticks) {
  const long now = process_start_ticks(pid);
  return now != 0 && now == start_ticks;
}

void signal_group(int pid, int signal) {
  if (pid > 1) {
    ::kill(-pid, signal);
  }
}

}  // namespace spotter
