// The folder contract from outside: the program, its files, its signals and its exit codes.
#include <csignal>

#include "base/subprocess.h"
#include "nn/test_pictures.h"

namespace spotter::nn {
namespace {

class Process : public Pictures {
 protected:
  void SetUp() override {
    Pictures::SetUp();
    configure(Json::object({{"steps", 40}, {"width", 12}}));
  }

  void configure(const Json& params) const {
    write_json(
        path("config.json"),
        {{"task", "detection"}, {"classes", {"red", "blue"}}, {"seed", 7}, {"params", params}});
  }

  [[nodiscard]] CommandSpec training(const std::string& out) const {
    return {.arguments = {program(), "train", "--data", data().string(), "--out",
                          path(out).string(), "--config", path("config.json").string()},
            .environment = {{"SPOTTER_CKPT_DIR", path(out + ".ckpt").string()},
                            {"SPOTTER_JOB_DIR", path("job").string()},
                            {"SPOTTER_THREADS", "1"},
                            {"OMP_WAIT_POLICY", "passive"}},
            .stderr_file = path("stderr.txt")};
  }
  [[nodiscard]] CommandSpec inferring(const std::string& model, const std::string& out) const {
    auto command = training(out);
    command.arguments[1] = "infer";
    command.arguments.insert(command.arguments.end(), {"--model", path(model).string()});
    return command;
  }
  static std::string program() { return (program_folder() / "spotter-nn").string(); }

  // Runs the command; what it printed as an error is in `said_`.
  int run(const CommandSpec& command) {
    std::filesystem::remove(path("stderr.txt"));
    const int code = run_command(command).exit_code;
    said_ = read_file(path("stderr.txt"));
    return code;
  }

  void wait_for_first_step(const std::string& out, int pid) const {
    const auto log = path(out) / "metrics.jsonl";
    while (!std::filesystem::exists(log)) {
      ASSERT_FALSE(poll_child(pid).has_value()) << "ended before the first step";
    }
  }

  std::string said_;
};

TEST_F(Process, StoppedTwiceItEndsLikeAnUndisturbedRun) {
  configure(Json::object({{"steps", 300}, {"width", 12}}));
  EXPECT_EQ(run(training("whole")), 0) << said_;
  for (const int signal : {SIGUSR1, SIGTERM}) {
    std::filesystem::remove(path("parts") / "metrics.jsonl");
    const int pid = spawn_command(training("parts"));
    wait_for_first_step("parts", pid);
    signal_group(pid, signal);
    EXPECT_EQ(wait_child(pid), 75);
    EXPECT_FALSE(std::filesystem::exists(path("parts") / "done.json"));
    EXPECT_TRUE(std::filesystem::exists(path("parts.ckpt") / "train.ckpt"));
  }
  EXPECT_EQ(run(training("parts")), 0) << said_;
  EXPECT_EQ(weights("whole"), weights("parts"));
  const auto whole = json_lines(path("whole") / "metrics.jsonl");
  const auto parts = json_lines(path("parts") / "metrics.jsonl");
  ASSERT_EQ(whole.size(), parts.size());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(whole[i]["step"], parts[i]["step"]);
    EXPECT_EQ(whole[i]["loss"], parts[i]["loss"]);
  }
}

TEST_F(Process, KilledOutrightItGoesOnFromTheLastCheckpoint) {
  configure(Json::object({{"steps", 60}, {"width", 12}, {"checkpoint_seconds", 0}}));
  EXPECT_EQ(run(training("whole")), 0) << said_;
  const int pid = spawn_command(training("parts"));
  while (!std::filesystem::exists(path("parts.ckpt") / "train.ckpt")) {
    ASSERT_FALSE(poll_child(pid).has_value());
  }
  signal_group(pid, SIGKILL);
  EXPECT_EQ(wait_child(pid), 128 + SIGKILL);
  EXPECT_EQ(run(training("parts")), 0) << said_;
  EXPECT_EQ(weights("whole"), weights("parts"));
}

TEST_F(Process, ADamagedCheckpointIsPassedOverForTheOneBeforeIt) {
  configure(Json({{"steps", 40}, {"width", 12}, {"checkpoint_seconds", 0}}));
  EXPECT_EQ(run(training("whole")), 0) << said_;
  const auto newest = path("whole.ckpt") / "train.ckpt";
  const auto older = path("whole.ckpt") / "train.ckpt.before";
  const auto whole = weights("whole");
  auto bytes = read_file(newest);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);  // among the weights
  write_file_atomic(newest, bytes);
  EXPECT_EQ(run(training("whole")), 0) << said_;
  EXPECT_NE(said_.find("damaged and passed over"), std::string::npos) << said_;
  EXPECT_EQ(weights("whole"), whole);
  write_file_atomic(newest, "cut");
  write_file_atomic(older, bytes);
  EXPECT_EQ(run(training("whole")), 0) << said_;
  EXPECT_NE(said_.find(older.string()), std::string::npos) << said_;
  EXPECT_EQ(weights("whole"), whole);
}

TEST_F(Process, ACheckpointOfAnotherRunIsPassedOver) {
  EXPECT_EQ(run(training("whole")), 0) << said_;
  configure(Json({{"steps", 3}, {"width", 12}, {"checkpoint_seconds", 0}}));
  EXPECT_EQ(run(training("again")), 0) << said_;
  configure(Json({{"steps", 40}, {"width", 12}}));
  EXPECT_EQ(run(training("again")), 0) << said_;
  EXPECT_NE(said_.find("of another run"), std::string::npos) << said_;
  EXPECT_EQ(weights("whole"), weights("again"));
}

TEST_F(Process, WritesWhatTheContractSays) {
  EXPECT_EQ(run(training("m")), 0) << said_;
  const Json model = read_json(path("m") / "model.json");
  EXPECT_EQ(model["runtime"], "builtin");
  EXPECT_EQ(model["program"], "spotter-nn");
  EXPECT_EQ(model["task"], "detection");
  EXPECT_EQ(model["classes"], Json::array({"red", "blue"}));
  EXPECT_EQ(model["input"], Json::array({64, 48}));
  EXPECT_EQ(model["steps"], 40);
  for (const auto& file : model["files"]) {
    EXPECT_TRUE(std::filesystem::exists(path("m") / file.get<std::string>()));
  }
  const Json done = read_json(path("m") / "done.json");
  EXPECT_EQ(done["steps"], 40);
  EXPECT_GT(done["cpu_seconds"].get<double>(), 0);
  const auto log = json_lines(path("m") / "metrics.jsonl");
  EXPECT_EQ(log.back()["step"], 40);
  const Json progress = read_json(path("job") / "progress.json");
  EXPECT_GT(progress["fraction"].get<double>(), 0);
  EXPECT_EQ(run(inferring("m", "said")), 0) << said_;
  EXPECT_EQ(read_json(path("said") / "done.json")["count"], kCount);
  for (const auto& entry : std::filesystem::directory_iterator(path("said"))) {
    EXPECT_NE(entry.path().extension(), ".partial");
  }
}

TEST_F(Process, ExitCodesSayWhoMustAct) {
  EXPECT_EQ(run({.arguments = {program()}, .stderr_file = path("stderr.txt")}), 64);
  EXPECT_EQ(
      run({.arguments = {program(), "train", "--date", "x"}, .stderr_file = path("stderr.txt")}),
      64);
  configure(Json::object({{"stepz", 3}}));
  EXPECT_EQ(run(training("x")), 64);
  EXPECT_NE(said_.find("did you mean \"steps\""), std::string::npos) << said_;
  configure(Json::object({{"batch", -3}}));
  EXPECT_EQ(run(training("x")), 64);
  configure(Json::object({{"batch", 2.5}}));
  EXPECT_EQ(run(training("x")), 64);
  write_file_atomic(path("config.json"), "{\"classes\":[\"red\",\"red\"]}");
  EXPECT_EQ(run(training("x")), 64);
  write_file_atomic(path("config.json"), "{broken");
  EXPECT_EQ(run(training("x")), 64);
  configure(Json::object());
  auto command = training("x");
  command.environment["SPOTTER_DEVICE"] = "cuda:99";
  EXPECT_EQ(run(command), 69);
  command.environment["SPOTTER_DEVICE"] = "toaster";
  EXPECT_EQ(run(command), 69);
  command = training("x");
  command.arguments[3] = path("absent.jsonl").string();
  EXPECT_EQ(run(command), 66);
  write_file_atomic(path("empty.jsonl"), "");
  command.arguments[3] = path("empty.jsonl").string();
  EXPECT_EQ(run(command), 65);
  EXPECT_FALSE(std::filesystem::exists(path("x") / "done.json"));
}

TEST_F(Process, AModelFromElsewhereNeverCrashesIt) {
  configure(Json::object({{"steps", 1}, {"width", 12}}));
  ASSERT_EQ(run(training("m")), 0) << said_;
  const auto weights_file = path("m") / "model.safetensors";
  const auto good = read_file(weights_file);
  const auto good_facts = read_json(path("m") / "model.json");
  EXPECT_EQ(run(inferring("absent", "said")), 66);
  for (const auto& bad :
       {std::string("not weights at all"), good.substr(0, good.size() / 2), std::string()}) {
    write_file_atomic(weights_file, bad);
    EXPECT_EQ(run(inferring("m", "said")), 65);
    EXPECT_NE(said_.find("model.safetensors"), std::string::npos) << said_;
  }
  write_file_atomic(weights_file, good);
  const auto with = [&](const std::string& key, const Json& value) {
    Json facts = good_facts;
    facts[key] = value;
    write_json(path("m") / "model.json", facts);
    return run(inferring("m", "said"));
  };
  EXPECT_EQ(with("classes", Json::array({"red"})), 65);
  EXPECT_EQ(with("classes", "red"), 65);
  EXPECT_EQ(with("program", "another"), 65);
  EXPECT_EQ(with("prior_px", -1), 65);
  Json params = good_facts["params"];
  params["width"] = 1e9;
  EXPECT_EQ(with("params", params), 65);
  EXPECT_FALSE(std::filesystem::exists(path("said") / "done.json"));
}

}  // namespace
}  // namespace spotter::nn
