#include "exec/processes.h"

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include <fmt/format.h>

namespace spotter::exec {
namespace {

namespace fs = std::filesystem;

struct Stat {
  char state = 'Z';
  int parent = 0;
  int session = 0;
};

Stat stat_of(int pid) {
  std::ifstream in(fmt::format("/proc/{}/stat", pid));
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto close = text.rfind(')');  // The name may hold spaces and brackets.
  Stat stat;
  if (close != std::string::npos) {
    int group = 0;
    std::istringstream(text.substr(close + 1)) >> stat.state >> stat.parent >> group >>
        stat.session;
  }
  return stat;
}

std::vector<int> processes(const std::function<bool(const Stat&)>& wanted) {
  std::vector<int> pids;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename().string();
    int pid = 0;
    const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (code != std::errc() || end != name.data() + name.size()) {
      continue;
    }
    const Stat stat = stat_of(pid);
    if (stat.state != 'Z' && stat.state != 'X' && wanted(stat)) {
      pids.push_back(pid);
    }
  }
  return pids;
}

}  // namespace

std::vector<int> session_processes(int leader) {
  return processes([leader](const Stat& stat) { return stat.session == leader; });
}

std::vector<int> child_processes(int pid) {
  return processes([pid](const Stat& stat) { return stat.parent == pid; });
}

bool catches(int pid, int signal) {
  std::ifstream in(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("SigCgt:")) {
      const auto mask = std::strtoull(line.c_str() + 7, nullptr, 16);
      return ((mask >> (signal - 1)) & 1U) != 0;
    }
  }
  return false;
}

long out_of_memory_kills() {
  std::ifstream group("/proc/self/cgroup");
  std::string path = "/sys/fs/cgroup";
  for (std::string line; std::getline(group, line);) {
    if (line.starts_with("0::")) {
      path += line.substr(3);
    }
  }
  std::ifstream events(path + "/memory.events");
  std::string key;
  long count = 0;
  while (events >> key >> count) {
    if (key == "oom_kill") {
      return count;
    }
  }
  return 0;
}

}  // namespace spotter::exec
