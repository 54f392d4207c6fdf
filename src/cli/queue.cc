// `spotter queue`, `spotter verdict` and `spotter channels`.
#include "loop/triage/queue.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "cli/command.h"
#include "cli/print.h"
#include "trainer/default_model.h"

namespace spotter::cli {
namespace {

std::string percent(const Json& share) {
  return fmt::format("{:.0f} %", 100 * share.get<double>());
}

std::string proposal_text(const Json& proposal) {
  if (proposal.is_null()) {
    return "";
  }
  const auto action = proposal["action"].get<std::string>();
  const auto class_name = proposal.value("class", "");
  return action == "add"         ? "add a " + class_name
         : action == "remove"    ? "remove the label"
         : action == "set_class" ? "make it a " + class_name
                                 : "move the box";
}

std::string channels_text(const Json& channels) {
  std::vector<std::string> names;
  for (const auto& channel : channels) {
    names.push_back(fmt::format("{} {:+.1f}", channel["check"].get<std::string>(),
                                channel["log_odds"].get<double>()));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

void print_queue(const Json& result, bool narrowed) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& item : result["items"]) {
    rows.push_back({item["id"], percent(item["worth"]), item["verdict"], item["error"],
                    item["class"], item["sample"], channels_text(item["channels"]),
                    proposal_text(item["proposal"])});
  }
  if (rows.empty()) {
    fmt::print("nothing {}waits for a person; `spotter check run` looks for more\n",
               narrowed ? "of that kind " : "");
    return;
  }
  print_table({"item", "worth it", "likely", "error", "class", "sample", "because", "proposal"},
              rows);
  const auto total = result["total"].get<std::size_t>();
  const auto seconds = static_cast<double>(rows.size()) * result["seconds_per_item"].get<double>();
  fmt::print("{} of {}, about {} of a person's time\n", rows.size(), counted(total, "item"),
             duration_text(seconds));
}

std::function<int()> declare_queue(CLI::App& app, Context& context) {
  auto options = std::make_shared<triage::QueueOptions>();
  app.add_option("--mode", options->mode, "Of this failure mode");
  app.add_option("--class", options->class_name, "Of this class");
  app.add_option("--error", options->error, "Of this kind of error, such as label_missing");
  app.add_option("--model", options->model,
                 "About this model (default: the champion, else the only model)");
  app.add_option("--limit", options->limit, "How many")->check(CLI::Range(1, 1000));
  return [options, &context] {
    auto project = open_project(context.project);
    const Json result = triage::queue(project, *options);
    context.answer(result, [&] {
      print_queue(result, !(options->mode + options->class_name + options->error).empty());
      const auto hint = options->model.empty() ? trainer::model_to_name(project) : "";
      fmt::print("{}{}", hint, hint.empty() ? "" : "\n");
    });
    return 0;
  };
}

struct VerdictWords {
  std::string id;
  std::filesystem::path file;
  triage::JudgeOptions options;
  bool undo = false;
};

int take_back(const VerdictWords& words, Context& context) {
  auto project = open_project(context.project);
  const Json result = triage::undo_decision(project, words.id);
  context.answer(result, [&] {
    fmt::print("taken back: {} in sample {}{}\n", result["verdict"].get<std::string>(),
               result["sample"].get<std::string>(),
               result["revisions"].empty() ? "" : "; its labels are as they were");
    for (const auto& sample : result.value("passed_over", Json::array())) {
      fmt::print("a newer decision stands: the labels of {} were changed since\n",
                 sample.get<std::string>());
    }
  });
  return 0;
}

int say(VerdictWords& words, Context& context) {
  if (words.id.empty()) {
    fail(ErrorCode::kInvalid, "a verdict needs a finding or an item: `spotter queue` lists them");
  }
  words.options.ids = {words.id};
  auto project = open_project(context.project);
  const Json result = triage::judge(project, words.options);
  context.answer(result, [&] {
    fmt::print("{} in sample {} is a {} says {}\n", words.id, result["sample"].get<std::string>(),
               result["verdict"].get<std::string>(), result["author"].get<std::string>());
    for (const auto& change : result["revisions"]) {
      fmt::print("labels of {} are at revision {} now; `spotter verdict --undo` takes it back\n",
                 change["sample"].get<std::string>(), change["after"].get<std::int64_t>());
    }
  });
  return 0;
}

int say_all(const VerdictWords& words, Context& context) {
  auto project = open_project(context.project);
  const Json result = triage::judge_file(project, words.file, words.options.model);
  context.answer(result, [&] {
    fmt::print("{} by {}\n", counted(result["decisions"].size(), "decision"), project.person);
  });
  return 0;
}

std::function<int()> declare_verdict(CLI::App& app, Context& context) {
  auto words = std::make_shared<VerdictWords>();
  app.add_option("ID", words->id, "A finding or an item, from `spotter findings` or `queue`");
  app.add_option("VERDICT", words->options.verdict,
                 "model_error, label_error, ambiguous or ignore");
  app.add_flag("--accept", words->options.accept,
               "Apply the proposed change to the labels; without a VERDICT: a label_error");
  app.add_flag("--undo", words->undo, "Take the decision back; without an ID: your newest");
  app.add_option("--from", words->file,
                 "Decide for each line of this file: {\"id\", \"verdict\"} as JSON")
      ->check(CLI::ExistingFile);
  app.add_option("--model", words->options.model,
                 "Whose queue an item is of (default: the champion, else the only model)");
  app.add_option("--note", words->options.note, "Why");
  app.add_option("--seconds", words->options.seconds, "How long you looked, for the ledger")
      ->check(CLI::Range(0.0, 86'400.0));
  return [words, &context] {
    return !words->file.empty() ? say_all(*words, context)
           : words->undo        ? take_back(*words, context)
                                : say(*words, context);
  };
}

std::function<int()> declare_channels(CLI::App& app, Context& context) {
  auto model = std::make_shared<std::string>();
  app.add_option("--model", *model,
                 "About this model (default: the champion, else the only model)");
  return [model, &context] {
    auto project = open_project(context.project);
    const Json result = triage::channels(project, *model);
    context.answer(result, [&] {
      std::vector<std::vector<std::string>> rows;
      for (const auto& c : result["channels"]) {
        const bool judged = !c["precision"].is_null();
        rows.push_back(
            {c["check"], c["error"], c["findings"].dump(), c["verdicts"].dump(),
             judged ? percent(c["precision"]) : "",
             judged ? fmt::format("{} to {}", percent(c["low"]), percent(c["high"])) : "",
             percent(c["prior"]), percent(c["expected"]), percent(c["expected_top"])});
      }
      if (rows.empty()) {
        fmt::print("no check has found anything yet; `spotter check run` looks\n");
        return;
      }
      print_table({"check", "error", "waiting", "verdicts", "right", "95 %", "believed at first",
                   "believed now", "at its top"},
                  rows);
    });
    return 0;
  };
}

}  // namespace

extern const Command command_queue;
const Command command_queue = {
    .name = "queue",
    .summary = "List what is most worth a person's minute, over all checks",
    .example = "spotter queue --limit 20",
    .declare = declare_queue};
extern const Command command_verdict;
const Command command_verdict = {
    .name = "verdict",
    .summary = "Say what a finding is: an error of the model, of the label, or neither",
    .example = "spotter verdict item_0123456789abcdef label_error --accept",
    .declare = declare_verdict};
extern const Command command_channels;
const Command command_channels = {.name = "channels",
                                  .summary = "Show how often people found each check right",
                                  .example = "spotter channels",
                                  .declare = declare_channels};

}  // namespace spotter::cli
