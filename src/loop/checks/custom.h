// Checks that a project writes itself, in spotter.yaml: one SELECT over the lake's tables (`sql`),
// or any program that reads samples and writes findings as JSON lines (`command`). Neither sees a
// shell; SQL sees no file and no network. docs/guide/checks.md.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/rejects.h"
#include "loop/checks/prepare.h"

namespace spotter::checks {

struct CustomCheck {
  std::string name;
  std::string summary;
  std::string sql;                   // either this
  std::vector<std::string> command;  // or this, program first
  int timeout_s = 600;
  Json parameters = Json::object();  // SQL: $name; a program: SPOTTER_CHECK_PARAMETERS

  // What has to be prepared for it; refers to this object's texts.
  [[nodiscard]] Check check(bool with_model) const;
};

// Those of spotter.yaml, in its order. Throws kInvalid, naming the check, for an entry with both or
// neither of sql and command, a bad name, or the name of a built-in check.
[[nodiscard]] std::vector<CustomCheck> custom_checks(const Config& config);

// A finding as SQL or a program gives it: its place, for messages, and a JSON object as text:
// ("row 3", {"sample": …}).
using FindingRows = std::vector<std::pair<std::string, std::string>>;

struct CustomAnswer {
  std::string inputs;  // hash of everything that the findings depend on
  FindingRows rows;
};

// Asks the lake. At most `kFindingRowsMax` rows; `$model` is the model's identifier. `inputs` is
// made from the answer: the same rows are the same run. Throws kInvalid naming the check, also when
// it takes longer than its `timeout_s`.
inline constexpr std::size_t kFindingRowsMax = 100'000;
[[nodiscard]] CustomAnswer ask_lake(Project& project, const CustomCheck& check,
                                    const std::optional<trainer::Model>& model,
                                    const Prepared& prepared);

// A program's call, prepared: its standard input lies in a file.
class ProgramCall {
 public:
  ProgramCall(Project& project, const CustomCheck& check,
              const std::optional<trainer::Model>& model, const Prepared& prepared);
  ~ProgramCall();
  ProgramCall(const ProgramCall&) = delete;
  ProgramCall& operator=(const ProgramCall&) = delete;

  // Hash of its words, the files that they name, and its standard input.
  [[nodiscard]] const std::string& inputs() const { return inputs_; }
  // Runs it in the project's folder and gives the lines of its standard output. Throws kInvalid,
  // naming the check, when it cannot be started, fails, takes too long or says too much.
  [[nodiscard]] FindingRows run() const;

 private:
  struct Files;
  const CustomCheck& check_;
  std::filesystem::path folder_;
  std::unique_ptr<Files> files_;
  std::string inputs_;
};

enum class Strangers { kReject, kDrop };  // rows about samples that the check does not look at

// Rows that are no finding become rejects: text that is no JSON object, an unknown sample, class or
// kind of error, a score outside [0, 1], a box without size or outside of the picture, a proposal
// that nobody could accept, the same finding again (sample, error, and object or else box). Members
// with other names are evidence.
[[nodiscard]] CheckOutput findings_of(const CustomCheck& check, const FindingRows& rows,
                                      const Prepared& prepared, Strangers strangers,
                                      Rejects& rejects);

}  // namespace spotter::checks
