// The queue: what all checks found, as things worth a person's minute, the likeliest first and no
// screen of one scene. Each says which channels point at it, whether the model or the label is
// probably wrong, and the change of labels that one key accepts. Verdicts teach it.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "project/project.h"

namespace spotter::triage {

struct QueueOptions {
  std::string model;       // name, id or alias; empty = the champion
  std::string mode;        // only items of this failure mode
  std::string class_name;  // only items of this class
  std::string error;       // only items that some finding calls so
  std::size_t limit = 20;
};

// {"model", "total", "judged", "seconds_per_item", "items": [{"id", "sample", "samples", "scene",
// "width", "height", "media", "object", "error", "class", "box", "probability", "verdict"
// (model_error, label_error, ambiguous: the likeliest), "model_error", "label_error" (chances, as
// shares of all), "proposal" or null, "channels": [{"check", "score", "rank", "log_odds", "error",
// "evidence"}], "findings": [ids], "modes": [names]}]}: items that nobody has judged. Costs what
// stands of findings, read once, and limit × 2,000 comparisons of looks. Throws kNotFound for a
// model, mode or class that nobody knows, kInvalid for a kind of error that does not exist.
[[nodiscard]] Json queue(Project& project, const QueueOptions& options);

struct JudgeOptions {
  std::vector<std::string> ids;  // findings or one item
  std::string verdict;           // model_error, label_error, ambiguous, ignore; with `accept` may
                                 // be empty: label_error
  bool accept = false;           // apply what the findings propose as a new revision of the labels
  std::string note;
  double seconds = 0;  // that the person looked, for the ledger
  std::string model;   // whose queue an item is of; empty = the champion
};
// A person's word: {"decision", "verdict", "findings", "sample", "author", "revisions": [{"sample",
// "before", "after"}]}. Throws kInvalid for an unknown verdict, kNotFound, kConflict when the
// proposal does not fit the labels as they are now or was accepted already. Label errors and
// ignored findings do not count in the next ranking of failure modes.
[[nodiscard]] Json judge(Project& project, const JudgeOptions& options);

// The same for each line of a file: {"id" (a finding or an item), "verdict", "accept", "note",
// "seconds"} as JSON; {"decisions": [judge's answers]}. Every line is read and its id found before
// anything is decided; throws kInvalid and kNotFound with file and line.
[[nodiscard]] Json judge_file(Project& project, const std::filesystem::path& path,
                              const std::string& model);

// Takes back a decision: its verdicts, and its labels by a new revision that equals the one before.
// `id`: a decision, a finding or an item; empty = the newest of who is acting whose labels nobody
// changed since; "passed_over" then has the samples of newer ones, if there are any. Throws
// kNotFound, kConflict when the labels are not those that the decision left.
[[nodiscard]] Json undo_decision(Project& project, const std::string& id);

// {"channels": [{"check", "error", "findings" (that stand and nobody judged), "verdicts",
// "model_error", "label_error", "ambiguous", "ignore", "precision" or null, "low", "high", "prior",
// "expected", "expected_top"}]}: precision is the share of a channel's judged items that people
// confirmed, with its Wilson interval; expected is what the ranking believes of an item that this
// channel alone found, in the middle and at the top of its scores.
[[nodiscard]] Json channels(Project& project, const std::string& model);

// The model whose findings count: by name, id or alias; empty = the champion, or none.
[[nodiscard]] std::string queue_model(Project& project, const std::string& name);

// Every item that stands, judged or not, with the ids of its findings.
[[nodiscard]] std::map<std::string, std::vector<std::string>> standing_items(
    Project& project, const std::string& model);

}  // namespace spotter::triage
