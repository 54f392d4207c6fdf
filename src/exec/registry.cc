#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "exec/executor.h"

// To add an executor, write exec/<name>.cc that defines `make_<name>` and add a line here; the
// contract test in executor_test.cc runs over this list.
#define SPOTTER_EXECUTORS(X) X(local)

namespace spotter::exec {

#define X(name) std::unique_ptr<Executor> make_##name(const Json& options);
SPOTTER_EXECUTORS(X)
#undef X

std::vector<std::string> executor_names() {
#define X(name) #name,
  return {SPOTTER_EXECUTORS(X)};
#undef X
}

std::unique_ptr<Executor> make_executor(std::string_view name, const Json& options) {
#define X(each) \
  if (name == #each) { \
    return make_##each(options); \
  }
  SPOTTER_EXECUTORS(X)
#undef X
  fail(ErrorCode::kNotFound,
       fmt::format("no executor \"{}\"{}", name, did_you_mean(name, executor_names())));
}

}  // namespace spotter::exec
