#include "loop/label/label.h"

#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"

namespace spotter::label {
namespace {

class LabelBatches : public ::testing::Test {
 protected:
  void SetUp() override {
    Config config;
    config.classes = {"red", "blue"};
    make_folders(folder_.path() / ".spotter");
    project_ = std::make_unique<Project>(test_project(folder_.path(), config));
    std::vector<Sample> samples;
    std::ofstream truth(folder_.path() / "truth.jsonl");
    for (int i = 0; i < 40; ++i) {
      const std::string key = fmt::format("s{:02}", i);
      samples.push_back({.key = key, .media = "m", .width = 100, .height = 100});
      if (i < 30) {
        truth
            << fmt::format(
                   R"({{"key":"{}","objects":[{{"id":"0","class":"red","box":[10,10,30,30]}},{{"id":"1","class":"blue","box":[50,50,99,99],"attributes":{{"distance_m":3.5,"position_m":[1,2]}}}}]}})",
                   key)
            << "\n";
      }
    }
    project_->lake->add_samples("s", samples);
  }
  TeamOptions team(double error_rate) const {
    return {.batch = "b", .truth_file = folder_.path() / "truth.jsonl", .error_rate = error_rate};
  }
  [[nodiscard]] std::size_t labelled() const {
    return project_->lake->labels({}, kLabelLayer).size();
  }

  TemporaryFolder folder_;
  std::unique_ptr<Project> project_;
};

TEST_F(LabelBatches, CreatingAgainReturnsTheSameBatch) {
  const Json first =
      create_batch(*project_, {.name = "b", .keys = {"s03", "s01", "s03"}, .cycle = "c"});
  EXPECT_EQ(first["tasks"]["total"], 2);
  EXPECT_EQ(first["samples"][0]["key"], "s03");
  const Json second = create_batch(*project_, {.name = "b", .keys = {"s03", "s01"}, .cycle = "c"});
  EXPECT_EQ(second["id"], first["id"]);
  EXPECT_EQ(list_batches(*project_)["batches"].size(), 1U);
  EXPECT_THROW(create_batch(*project_, {.name = "b", .keys = {"s01"}, .cycle = "other"}), Error);
}

TEST_F(LabelBatches, BadWishesAreRefused) {
  EXPECT_THROW(create_batch(*project_, {.name = "", .keys = {"s01"}}), Error);
  EXPECT_THROW(create_batch(*project_, {.name = "b"}), Error);
  EXPECT_THROW(create_batch(*project_, {.name = "b", .keys = {"nowhere"}}), Error);
  EXPECT_THROW(create_batch(*project_, {.name = "b", .campaign = "nothing"}), Error);
  EXPECT_THROW((void)batch_status(*project_, "nothing"), Error);
  EXPECT_EQ(list_batches(*project_)["batches"].size(), 0U);
}

TEST_F(LabelBatches, TheSimulatedTeamRevealsTheTruthOnce) {
  create_batch(*project_, {.name = "b", .where = "key < 's30'"});
  const Json report = simulated_team(*project_, team(0));
  EXPECT_EQ(report["labelled"], 30);
  EXPECT_EQ(report["labels"], 60);
  EXPECT_EQ(report["mistakes"], 0);
  const Json status = batch_status(*project_, "b");
  EXPECT_EQ(status["state"], "done");
  EXPECT_EQ(status["tasks"]["done"], 30);
  EXPECT_EQ(labelled(), 30U);
  const auto sets = project_->lake->labels(std::vector<std::string>{"s00"}, kLabelLayer);
  EXPECT_EQ(sets[0].author, "simulated_team");
  EXPECT_EQ(sets[0].labels[1].attributes, R"({"distance_m":3.5})");
  EXPECT_EQ(simulated_team(*project_, team(0))["labelled"], 0);
  EXPECT_EQ(project_->lake->query("SELECT count(*) FROM label_sets").integer(0, 0), 30);
}

TEST_F(LabelBatches, KilledBeforeTheTasksWereMarkedItChangesNothingTwice) {
  create_batch(*project_, {.name = "b", .where = "key < 's30'"});
  simulated_team(*project_, team(0));
  project_->catalog->execute("UPDATE tasks SET state = 'open'");
  project_->catalog->execute("UPDATE batches SET state = 'open'");
  simulated_team(*project_, team(0));
  EXPECT_EQ(batch_status(*project_, "b")["state"], "done");
  EXPECT_EQ(project_->lake->query("SELECT count(*) FROM label_sets").integer(0, 0), 30);
}

TEST_F(LabelBatches, MistakesAreCountedAndReproducible) {
  create_batch(*project_, {.name = "b", .where = "key < 's30'"});
  const Json report = simulated_team(*project_, team(0.3));
  const auto mistakes = report["mistakes"].get<int>();
  EXPECT_GT(mistakes, 5);
  EXPECT_LT(mistakes, 35);
  int wrong = 0;
  for (const auto& set : project_->lake->labels({}, kLabelLayer)) {
    wrong += 2 - static_cast<int>(set.labels.size());
    for (const auto& label : set.labels) {
      const Box right = label.object == "0" ? Box{10, 10, 30, 30} : Box{50, 50, 99, 99};
      wrong += label.class_name != (label.object == "0" ? "red" : "blue") || !(label.box == right)
                   ? 1
                   : 0;
      EXPECT_TRUE(label.box.valid() && label.box.x2 <= 100 && label.box.y2 <= 100);
    }
  }
  EXPECT_EQ(wrong, mistakes);
}

TEST_F(LabelBatches, SamplesWithoutTruthStayOpen) {
  create_batch(*project_, {.name = "b", .keys = {"s29", "s30"}});
  const Json report = simulated_team(*project_, team(0));
  EXPECT_EQ(report["missing"], Json({"s30"}));
  EXPECT_EQ(batch_status(*project_, "b")["state"], "open");
  EXPECT_EQ(batch_status(*project_, "b")["tasks"]["open"], 1);
}

TEST_F(LabelBatches, ABrokenTruthFileIsRefusedWithTheLine) {
  create_batch(*project_, {.name = "b", .keys = {"s01"}});
  write_file_atomic(folder_.path() / "truth.jsonl",
                    "{\"key\":\"s01\",\"objects\":[{\"id\":\"0\"}]}\n");
  try {
    simulated_team(*project_, team(0));
    FAIL() << "it must throw";
  } catch (const Error& e) {
    EXPECT_EQ(e.code, ErrorCode::kInvalid);
    EXPECT_NE(std::string(e.what()).find("line 1"), std::string::npos) << e.what();
  }
  EXPECT_EQ(labelled(), 0U);
}

}  // namespace
}  // namespace spotter::label
