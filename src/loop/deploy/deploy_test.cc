#include "loop/deploy/deploy.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "trainer/trainer.h"

namespace spotter::deploy {
namespace {

class Deploy : public testing::Test {
 protected:
  std::string model(const std::string& name) {
    const auto folder = folder_.path() / ("made-" + name);
    write_json(folder / "model.json",
               {{"runtime", "command"}, {"task", "detection"}, {"classes", {"a"}}, {"note", name}});
    write_file_atomic(folder / "model.pt", "weights of " + name);
    return trainer::register_model(project_, folder, name).id;
  }

  void gate(const std::string& champion, const std::string& challenger, const std::string& verdict,
            const std::string& decision) {
    const auto id = "gate_" + challenger;
    project_.catalog->execute(
        "INSERT INTO gate_reports VALUES ($1, $2, $3, '', 'v1', $4, '{}', '', '', $5)",
        {id, champion, challenger, verdict, project_.now()});
    if (!decision.empty()) {
      project_.catalog->execute("INSERT INTO approvals VALUES ($1, $2, $3, 'me', '', 0, $4)",
                                {"approval_" + challenger, id, decision, project_.now()});
    }
  }

  std::string current() {
    return read_file(target_folder(project_, "production") / "current" / "model.pt");
  }

  TemporaryFolder folder_;
  Project project_ = test_project(folder_.path() / "p", {});
};

TEST_F(Deploy, TheFirstIsFreeTheSecondNeedsAnApprovedReport) {
  const auto a = model("a");
  const auto b = model("b");
  EXPECT_EQ(deploy(project_, {.model = "a"}).reason, "first deployment");
  EXPECT_EQ(current(), "weights of a");
  EXPECT_EQ(trainer::find_model(project_, "champion").id, a);
  EXPECT_THROW(deploy(project_, {.model = "b"}), Error);
  gate(a, b, "pass", "");
  EXPECT_THROW(deploy(project_, {.model = "b"}), Error);  // nobody has approved
  gate(a, "other", "pass", "ship");
  EXPECT_THROW(deploy(project_, {.model = "b"}), Error);  // another model was approved
  project_.catalog->execute("INSERT INTO approvals VALUES ('x', $1, 'ship', 'me', '', 0, 1)",
                            {"gate_" + b});
  EXPECT_EQ(deploy(project_, {.model = "b"}).gate_report, "gate_" + b);
  EXPECT_EQ(current(), "weights of b");
  EXPECT_FALSE(deploy(project_, {.model = "b"}).changed);
  EXPECT_EQ(history(project_).size(), 2U);
}

TEST_F(Deploy, ForceNeedsAReason) {
  model("a");
  model("b");
  deploy(project_, {.model = "a"});
  EXPECT_THROW(deploy(project_, {.model = "b", .force = true}), Error);
  EXPECT_EQ(deploy(project_, {.model = "b", .reason = "fire", .force = true}).reason, "fire");
}

TEST_F(Deploy, RollbackGoesBackStepByStep) {
  for (const char* name : {"a", "b", "c"}) {
    model(name);
    deploy(project_, {.model = name, .reason = "test", .force = true});
    std::dynamic_pointer_cast<FakeClock>(project_.clock)->advance_ms(10);
  }
  EXPECT_EQ(rollback(project_, {}).action, "rollback");
  EXPECT_EQ(current(), "weights of b");
  std::dynamic_pointer_cast<FakeClock>(project_.clock)->advance_ms(10);
  rollback(project_, {});
  EXPECT_EQ(current(), "weights of a");
  std::dynamic_pointer_cast<FakeClock>(project_.clock)->advance_ms(10);
  EXPECT_THROW(rollback(project_, {}), Error);
  EXPECT_EQ(trainer::find_model(project_, "champion").name, "a");
}

// What a kill between the release folder and the link leaves is finished by calling again.
TEST_F(Deploy, AHalfDoneDeploymentIsFinished) {
  model("a");
  const auto made = deploy(project_, {.model = "a"});
  std::filesystem::remove(target_folder(project_, "production") / "current");
  EXPECT_FALSE(deploy(project_, {.model = "a"}).changed);
  EXPECT_EQ(current(), "weights of a");
  EXPECT_EQ(history(project_).front().id, made.id);
}

TEST_F(Deploy, ATargetsNameIsNoPath) {
  model("a");
  EXPECT_THROW(deploy(project_, {.model = "a", .target = "../elsewhere"}), Error);
}

}  // namespace
}  // namespace spotter::deploy
