#include "loop/demo/demo.h"

#include <fstream>
#include <future>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/time.h"
#include "loop/cycle/cycle.h"
#include "loop/cycle/outcome.h"
#include "loop/demo/person.h"
#include "loop/demo/stage.h"
#include "loop/deploy/deploy.h"
#include "loop/gate/gate.h"
#include "loop/ingest/ingest.h"
#include "project/filter.h"
#include "project/ledger.h"
#include "trainer/trainer.h"

namespace spotter::demo {
namespace {

constexpr const char* kOperator = "simulated operator";
constexpr const char* kPerson = "scripted person";
constexpr int kFlagsMax = 24;
constexpr double kButtonShare = 0.5;  // of the scenes in which an operator notices
constexpr double kSeenScore = 0.3;
constexpr double kLookSeconds = 90;  // what the scripted person takes to read the one-page report

class Demo {
 public:
  explicit Demo(const DemoOptions& options) : options_(options), sizes_(sizes_of(options.fast)) {}

  Json run() {
    begin();
    learn_the_base();
    weeks_pass();
    turn_the_loop();
    return finish();
  }

 private:
  void say(const std::string& line) const {
    if (options_.narrate) {
      options_.narrate(line);
    }
  }

  [[nodiscard]] std::filesystem::path world_folder(const Part& part) const {
    return root() / "world" / part.folder;
  }
  [[nodiscard]] std::filesystem::path root() const {
    return std::filesystem::absolute(options_.folder);
  }

  void begin() {
    const bool there = std::filesystem::exists(root() / "spotter.yaml");
    if (there && !options_.resume) {
      fail(ErrorCode::kConflict,
           fmt::format("there is a demo already; go on with --resume, or name another folder: {}",
                       root().string()));
    }
    if (!there) {
      (void)init_project(root(), {.name = "street", .classes = {"vehicle", "pedestrian", "cone"}});
      write_file_atomic(root() / "spotter.yaml", config_text(sizes_, false));
    }
    project_ = std::make_unique<Project>(open_project(root()));
  }

  void reopen() { project_ = std::make_unique<Project>(open_project(root())); }

  void draw(const Part& part) const {
    const auto folder = world_folder(part);
    if (!std::filesystem::exists(folder / "world.json")) {
      (void)world::write_world(part.options, folder, {.replace = true});
    }
  }

  void draw_what_comes() const {
    draw(production_part(sizes_, options_.seed));
    for (const auto& part : later_tests(sizes_, options_.seed)) {
      draw(part);
    }
  }

  void import(const std::filesystem::path& file, const std::filesystem::path& pictures) {
    ingest::ImportOptions import{.format = "jsonl", .path = file};
    import.read.images = pictures;
    (void)ingest::import(*project_, import, options_.progress);
  }

  // Frames as the vehicles delivered them; with `labelled`, also what the team said of them.
  void bring_in(const Part& part, bool labelled) {
    draw(part);
    import(world_folder(part) / "samples.jsonl", world_folder(part));
    if (labelled) {
      import(world_folder(part) / "truth.jsonl", world_folder(part));
    }
  }

  [[nodiscard]] std::size_t finished_cycles() const {
    std::size_t count = 0;
    const Json history = cycle::history(*project_);
    for (const auto& c : history["cycles"]) {
      count += c["state"] == "done" ? 1 : 0;
    }
    return count;
  }

  // Starts a cycle, or goes on with the one that was interrupted, up to the point where a person
  // has to look.
  Json turn() {
    cycle::RunOptions run{.started_by = "demo"};
    run.hooks.on_step = [this](const cycle::StepRow& step) { narrate_step(step); };
    const Json history = cycle::history(*project_)["cycles"];
    const bool unfinished = !history.empty() && history.back()["state"] != "done" &&
                            history.back()["state"] != "cancelled";
    Json state = unfinished ? cycle::resume(*project_, run) : cycle::run(*project_, run);
    decide();
    if (state["state"] == "waiting") {
      state = cycle::resume(*project_, run);
    }
    return state;
  }

  void narrate_step(const cycle::StepRow& step) const {
    if (step.state == cycle::StepState::kDone &&
        seen_.insert(fmt::format("{} {}", step.name, step.started_at)).second) {
      const auto words = cycle::outcome(step);
      say(fmt::format("  {:<9} {} ({})", step.name, words.empty() ? "done" : words,
                      duration_text(step.seconds)));
    }
  }

  // Scenes that training and test of a version share; there should be none.
  [[nodiscard]] std::size_t shared_scenes(const std::string& version) const {
    return static_cast<std::size_t>(
        project_->lake
            ->query("SELECT count(*) FROM (SELECT s.sequence FROM version_items v JOIN samples s "
                    "ON s.key = v.sample "
                    "WHERE v.version = $1 AND v.split IN ('train', 'test') AND s.sequence <> '' "
                    "GROUP BY s.sequence "
                    "HAVING count(DISTINCT v.split) > 1)",
                    {version})
            .integer(0, 0));
  }

  // The scripted person reads the newest report, unless somebody decided already.
  void decide() {
    if (project_->catalog->query("SELECT id FROM gate_reports LIMIT 1").empty()) {
      return;
    }
    const Json report = gate::find(*project_);
    if (!report["decision"].is_null()) {
      return;
    }
    const auto choice = choose(report, shared_scenes(report["version"].get<std::string>()));
    (void)gate::approve(*project_, {.report = report["id"].get<std::string>(),
                                    .decision = choice.decision,
                                    .note = choice.note,
                                    .author = kPerson,
                                    .seconds = kLookSeconds});
    if (!choice.undecided.empty()) {
      say(fmt::format("  gate      could not decide ({}): {}", report["verdict"].get<std::string>(),
                      choice.undecided));
    }
    say(fmt::format("  approval  after a look of {} a {} {}: {}", duration_text(kLookSeconds),
                    kPerson,
                    choice.decision == "ship"      ? "ships it"
                    : report["champion"].is_null() ? "holds it"
                                                   : "holds it and the champion stays",
                    choice.note));
  }

  void learn_the_base() {
    if (finished_cycles() > 0) {
      return;
    }
    say("weeks 1 and 2: it is dry and cones are orange; the team labels what its vehicles saw");
    for (const auto& part : first_parts(sizes_, options_.seed)) {
      bring_in(part, true);
    }
    say("cycle 1: the first model");
    // The coming weeks are drawn on the core that training on one thread leaves idle.
    auto coming = std::async(std::launch::async, [this] { draw_what_comes(); });
    (void)turn();
    coming.get();
    if (deploy::current_model(*project_, "").empty()) {
      fail(ErrorCode::kConflict,
           fmt::format("the first model was not shipped, so there is nothing to improve: look at "
                       "`spotter gate show` and `spotter cycle status` in {}",
                       root().string()));
    }
  }

  void weeks_pass() {
    const auto production = production_part(sizes_, options_.seed);
    say("weeks 3 to 8: the rain season starts, and the harbour opens, where cones are green");
    bring_in(production, false);
    for (const auto& part : later_tests(sizes_, options_.seed)) {
      bring_in(part, true);
    }
    press_buttons(production);
    const auto text = config_text(sizes_, true);
    if (read_file(root() / "spotter.yaml") != text) {
      write_file_atomic(root() / "spotter.yaml", text);
      reopen();
      say("an engineer adds the slices rain and green_cones to spotter.yaml");
    }
  }

  // Drivers who see that the model missed a green cone press the button, in some of the scenes.
  void press_buttons(const Part& production) {
    if (!query_keys(*project_, Filter::parse("flagged")).empty()) {
      return;
    }
    const auto keys = query_keys(*project_, Filter::parse("district = 'harbour' AND NOT labelled"));
    if (keys.empty()) {
      return;
    }
    trainer::predict(*project_, {.model = "champion", .keys = keys, .step = "checks"}, quiet());
    const auto champion = trainer::find_model(*project_, "champion");
    std::map<std::string, PredictionSet> said;
    for (auto& output : project_->lake->predictions(champion.id, keys)) {
      std::string key = output.set.sample;
      said.emplace(std::move(key), std::move(output.set));
    }
    std::set<std::string> scenes;
    int flags = 0;
    for_truth(production, [&](const Json& row) {
      const auto key = row["key"].get<std::string>();
      const auto found = said.find(key);
      const auto scene = key.substr(0, key.rfind('/'));
      if (found == said.end() || flags == kFlagsMax || scenes.contains(scene)) {
        return;
      }
      const auto missed = missed_green(row, found->second);
      if (missed && Rng(options_.seed, scene).chance(kButtonShare)) {
        scenes.insert(scene);
        (void)ingest::flag(*project_, {.sample = key,
                                       .reason = "missed a green cone",
                                       .box = *missed,
                                       .author = kOperator,
                                       .source = "simulated"});
        ++flags;
      }
    });
    say(fmt::format("a {} presses the button {} times: missed green cones", kOperator, flags));
  }

  static std::optional<Box> missed_green(const Json& row, const PredictionSet& said) {
    for (const auto& object : row["objects"]) {
      const Json attributes = object.value("attributes", Json::object());
      if (object.value("ignore", false) || attributes.value("colour", "") != "green") {
        continue;
      }
      const auto b = object["box"].get<std::vector<double>>();
      const Box box{b[0], b[1], b[2], b[3]};
      const bool seen =
          std::any_of(said.predictions.begin(), said.predictions.end(), [&](const Prediction& p) {
            return p.class_name == "cone" && p.score >= kSeenScore && iou(p.box, box) >= 0.3;
          });
      if (!seen) {
        return box;
      }
    }
    return std::nullopt;
  }

  template <typename Take>
  void for_truth(const Part& part, const Take& take) const {
    const auto path = world_folder(part) / "truth.jsonl";
    std::ifstream stream(path);
    for (std::string line; std::getline(stream, line);) {
      take(parse_json(line, path.string()));
    }
  }

  void turn_the_loop() {
    if (finished_cycles() > 1) {
      return;
    }
    say("cycle 2: find what the model drops, and mend it");
    const Json state = turn();
    if (state["state"] == "failed") {
      fail(ErrorCode::kInternal,
           fmt::format("cycle 2 failed; see `spotter cycle status` in {}", root().string()));
    }
  }

  Json finish() {
    const Json report = gate::find(*project_);
    Json slices = Json::array();
    for (const auto& s : report["slices"]) {
      Json row = {{"name", s["name"]}};
      for (const char* key : {"before", "control", "random", "after", "delta", "low", "high",
                              "credited", "over_control", "must", "verdict", "truths", "scenes"}) {
        if (s.contains(key)) {
          row[key] = s[key];
        }
      }
      slices.push_back(std::move(row));
    }
    const auto deployed = deploy::current_model(*project_, "");
    return {{"slices", slices},
            {"verdict", report["verdict"]},
            {"deployed", deployed.empty() ? Json(nullptr)
                                          : Json(trainer::find_model(*project_, deployed).name)},
            {"improved", deployed == report["challenger"]["id"]},
            {"gate_report", report["id"]},
            {"ledger", ledger_summary(*project_)},
            {"project", root().string()}};
  }

  [[nodiscard]] trainer::Progress quiet() const {
    return [](double, std::string_view) {};
  }

  const DemoOptions& options_;
  Sizes sizes_;
  std::unique_ptr<Project> project_;
  mutable std::set<std::string> seen_;
};

}  // namespace

Json run(const DemoOptions& options) {
  return Demo(options).run();
}

}  // namespace spotter::demo
