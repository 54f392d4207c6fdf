#include "trainer/trainer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/subprocess.h"
#include "trainer/jobs.h"

namespace spotter::trainer {
namespace {

namespace fs = std::filesystem;

// A team's own trainer, as short as the contract allows. `params` steer how it behaves.
constexpr const char* kTrainer = R"py(
import json, os, struct, sys
verb, data, config, out, model = sys.argv[1:6]
job, ckpt = os.environ["SPOTTER_JOB_DIR"], os.environ["SPOTTER_CKPT_DIR"]
config = json.load(open(config))
params = config["params"]
lines = [json.loads(l) for l in open(data)]
os.makedirs(out)
def done(**more):
    open(os.path.join(out, "done.tmp"), "w").write(json.dumps(more))
    os.rename(os.path.join(out, "done.tmp"), os.path.join(out, "done.json"))
print("working on", len(lines), "samples")
open(os.path.join(job, "p"), "w").write('{"fraction":0.5,"message":"half"}')
os.rename(os.path.join(job, "p"), os.path.join(job, "progress.json"))
if verb == "train":
    if params.get("fail"):
        print("cannot go on"); sys.exit(params["fail"])
    if params.get("requeue") and os.environ["SPOTTER_ATTEMPT"] == "1":
        open(os.path.join(ckpt, "state"), "w").write("1"); sys.exit(75)
    boxes = sum(len(l["objects"]) for l in lines)
    text = "%d %d %s %s" % (len(lines), boxes, config["seed"], open(model + "/weights").read() if model else "-")
    open(os.path.join(out, "weights"), "w").write(text)
    json.dump({"runtime": "command", "classes": config["classes"]}, open(os.path.join(out, "model.json"), "w"))
    done(steps=1, metrics={"samples": len(lines), "weight": sum(l["weight"] for l in lines),
                           "resumed": os.path.exists(os.path.join(ckpt, "state"))})
else:
    bad = params.get("bad", "")
    with open(os.path.join(out, "predictions.jsonl"), "w") as f:
        for i, l in enumerate(lines):
            p = {"class": bad or "red", "score": 0.25, "box": [1, 2, 3, 4], "embedding_row": i}
            q = {"class": "red", "score": 0.75, "box": [0, 0, 9, 9]}
            f.write(json.dumps({"key": l["key"], "embedding_row": i, "predictions": [p, q],
                                **({"loss": 1.5} if "objects" in l else {})}) + "\n")
    for name in ("embeddings", "object_embeddings"):
        with open(os.path.join(out, name + ".npy"), "wb") as f:
            head = ("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, 2), }" % len(lines)).ljust(117) + "\n"
            f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode())
            for i, l in enumerate(lines):
                f.write(struct.pack("<ff", i, len(l["key"])))
    done(count=len(lines))
)py";

class TrainerClient : public ::testing::Test {
 protected:
  void SetUp() override {
    write_file_atomic(folder_.path() / "trainer.py", kTrainer);
    project_ =
        std::make_unique<Project>(init_project(folder_.path() / "p", {.classes = {"red", "blue"}}));
    const std::string script = (folder_.path() / "trainer.py").string();
    project_->config.train.command = {"python3",  script,  "train", "{data}",
                                      "{config}", "{out}", "{init}"};
    project_->config.train.infer_command = {"python3",  script,  "infer",  "{data}",
                                            "{config}", "{out}", "{model}"};
    std::vector<Sample> samples;
    std::vector<LabelSet> labels;
    std::vector<lake::VersionItem> items;
    for (int i = 0; i < 12; ++i) {
      const std::string key = fmt::format("s{:02}", i);
      samples.push_back(
          {.key = key, .media = project_->blobs->put("picture " + key), .width = 9, .height = 9});
      if (i < 10) {
        labels.push_back({.sample = key, .created_at = 1, .labels = {{"0", "red", {1, 1, 5, 5}}}});
        items.push_back({key, i < 7 ? "train" : i < 9 ? "val" : "test", 1});
      }
    }
    project_->lake->add_samples("t", samples);
    project_->lake->add_labels("t/labels", labels);
    project_->lake->add_version("t/v1", "v1", items);
  }
  FitResult fit_with(const Json& parameters, const std::string& cycle = "") {
    return fit(*project_, {.dataset_version = "v1", .parameters = parameters, .cycle = cycle},
               quiet_);
  }
  [[nodiscard]] std::int64_t count(const std::string& sql) const {
    return project_->catalog->query("SELECT count(*) FROM " + sql).at(0).integer(0);
  }

  TemporaryFolder folder_;
  std::unique_ptr<Project> project_;
  Progress quiet_ = [](double, std::string_view) {};
};

TEST_F(TrainerClient, FitsOnTheTrainSplitAndRegistersTheModel) {
  const auto result = fit_with({});
  EXPECT_EQ(result.metrics["samples"], 7);
  const auto model = find_model(*project_, "m1");
  EXPECT_EQ(model.id, result.model);
  EXPECT_EQ(model.run, result.run);
  EXPECT_EQ(model.dataset_version, "v1");
  checkout_model(*project_, model, folder_.path() / "out");
  EXPECT_EQ(read_file(folder_.path() / "out" / "weights"), "7 7 1 -");
  EXPECT_EQ(count("ledger WHERE kind = 'machine' AND seconds > 0"), 1);
  EXPECT_EQ(count("runs WHERE state = 'done'"), 1);
  EXPECT_EQ(count("jobs WHERE state = 'done' AND fraction = 1"), 1);
}

TEST_F(TrainerClient, WarmStartsFromAModel) {
  fit_with({});
  const auto warm =
      fit(*project_, {.dataset_version = "v1", .init_model = "m1", .seed = 4}, quiet_);
  const auto model = find_model(*project_, warm.model);
  EXPECT_EQ(model.parent, find_model(*project_, "m1").id);
  checkout_model(*project_, model, folder_.path() / "warm");
  EXPECT_EQ(read_file(folder_.path() / "warm" / "weights"), "7 7 4 7 7 1 -");
}

TEST_F(TrainerClient, WhatTheModelHasNotSeenCountsMore) {
  fit_with({});
  std::vector<lake::VersionItem> items;
  for (int i = 0; i < 9; ++i) {
    items.push_back({fmt::format("s{:02}", i), "train", 1});
  }
  project_->lake->add_version("t/v2", "v2", items);
  const FitRequest warm{.dataset_version = "v2", .init_model = "m1"};
  EXPECT_EQ(fit(*project_, warm, quiet_).metrics["weight"], 7 + 2 * 2.0);
  project_->config.train.new_weight = 3;
  EXPECT_EQ(fit(*project_, warm, quiet_).metrics["weight"], 7 + 2 * 3.0);
  EXPECT_EQ(fit(*project_, {.dataset_version = "v2"}, quiet_).metrics["weight"], 9.0);
}

TEST_F(TrainerClient, TheSameWishOfACycleIsTrainedOnce) {
  const auto first = fit_with({}, "cycle_1");
  const auto second = fit_with({}, "cycle_1");
  EXPECT_EQ(first.run, second.run);
  EXPECT_EQ(first.model, second.model);
  EXPECT_EQ(count("runs"), 1);
  EXPECT_EQ(count("ledger"), 1);
  EXPECT_NE(fit_with({{"steps", 2}}, "cycle_1").run, first.run);
}

TEST_F(TrainerClient, ArmsRunSideBySideAndDifferInWhatTheyLeaveOut) {
  const std::vector<FitRequest> arms = {
      {.kind = "train", .dataset_version = "v1", .cycle = "c"},
      {.kind = "control", .dataset_version = "v1", .without = {"s01", "s02"}, .cycle = "c"}};
  const auto results = fit_all(*project_, arms, quiet_);
  EXPECT_EQ(results[0].metrics["samples"], 7);
  EXPECT_EQ(results[1].metrics["samples"], 5);
  EXPECT_NE(results[0].model, results[1].model);
}

TEST_F(TrainerClient, RequeuesFromTheCheckpoint) {
  const auto result = fit_with({{"requeue", true}});
  EXPECT_EQ(result.metrics["resumed"], true);
  EXPECT_EQ(count("jobs"), 2);
}

TEST_F(TrainerClient, AFailureSaysWhyAndANewCallStartsANewAttempt) {
  try {
    fit_with({{"fail", 3}}, "c");
    FAIL() << "it must throw";
  } catch (const Error& e) {
    EXPECT_EQ(e.code, ErrorCode::kInvalid);
    EXPECT_NE(std::string(e.what()).find("cannot go on"), std::string::npos) << e.what();
  }
  EXPECT_EQ(count("runs WHERE state = 'failed'"), 1);
  EXPECT_THROW(fit_with({{"fail", 3}}, "c"), Error);
  EXPECT_EQ(count("jobs"), 2);
  EXPECT_EQ(count("models"), 0);
}

TEST_F(TrainerClient, InfrastructureIsTriedAgainAndThenSaidSo) {
  project_->config.executor_options = {{"retries", 1}};
  try {
    fit_with({{"fail", 74}});
    FAIL() << "it must throw";
  } catch (const Error& e) {
    EXPECT_EQ(e.code, ErrorCode::kUnavailable);
  }
  EXPECT_EQ(count("jobs"), 2);
}

TEST_F(TrainerClient, PredictsOnceAndKeepsEmbeddings) {
  fit_with({});
  const PredictRequest request{.model = "m1", .keys = {"s00", "s11", "s03"}};
  const auto first = predict(*project_, request, quiet_);
  EXPECT_EQ(first.predicted, 3U);
  const auto second = predict(*project_, request, quiet_);
  EXPECT_EQ(second.predicted, 0U);
  EXPECT_EQ(second.reused, 3U);
  const auto id = find_model(*project_, "m1").id;
  const auto outputs = project_->lake->predictions(id);
  ASSERT_EQ(outputs.size(), 3U);
  EXPECT_EQ(outputs[0].set.predictions[0].score, 0.75);  // by falling score
  EXPECT_EQ(outputs[0].loss, -1);
  const std::vector<std::string> keys = {"s11", "s05", "s00"};
  const auto embeddings = image_embeddings(*project_, "m1", keys);
  EXPECT_EQ(embeddings.keys, (std::vector<std::string>{"s11", "s00"}));
  EXPECT_EQ(embeddings.values, (std::vector<float>{2, 3, 0, 3}));
}

TEST_F(TrainerClient, PredictsAgainWhenTheLossIsAskedFor) {
  fit_with({});
  predict(*project_, {.model = "m1", .keys = {"s00", "s11"}}, quiet_);
  const auto with_loss =
      predict(*project_, {.model = "m1", .keys = {"s00", "s11"}, .labels = true}, quiet_);
  EXPECT_EQ(with_loss.predicted, 1U);  // s11 has no labels, so there is no loss to find
  const std::vector<std::string> key = {"s00"};
  EXPECT_EQ(project_->lake->predictions(find_model(*project_, "m1").id, key)[0].loss, 1.5);
}

TEST_F(TrainerClient, WrongPredictionsAreRefusedWithTheLine) {
  fit_with({});
  project_->config.train.parameters = {{"bad", "green"}};
  try {
    predict(*project_, {.model = "m1", .keys = {"s00"}}, quiet_);
    FAIL() << "it must throw";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("predictions.jsonl line 1: \"green\""), std::string::npos)
        << e.what();
  }
  EXPECT_TRUE(project_->lake->predictions(find_model(*project_, "m1").id).empty());
}

TEST_F(TrainerClient, UnknownPlaceholdersModelsAndJobsAreRefusedWithAHint) {
  project_->config.train.command = {"python3", "{dat}"};
  EXPECT_THROW(fit_with({}), Error);
  EXPECT_THROW((void)find_model(*project_, "m9"), Error);
  EXPECT_THROW((void)show_job(*project_, "nothing"), Error);
}

TEST_F(TrainerClient, JobsAreListedAndAFinishedOneStaysFinished) {
  fit_with({});
  const auto jobs = list_jobs(*project_);
  ASSERT_EQ(jobs.size(), 1U);
  const auto name = jobs[0]["name"].get<std::string>();
  EXPECT_EQ(jobs[0]["state"], "done");
  EXPECT_EQ(cancel_job(*project_, name)["state"], "done");
  EXPECT_EQ(job_logs(*project_, name, 1000), "working on 7 samples\n");
}

}  // namespace
}  // namespace spotter::trainer
