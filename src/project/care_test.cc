#include "project/care.h"

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/json.h"
#include "project/check_runs.h"

namespace spotter {
namespace {

class Care : public testing::Test {
 protected:
  Care() : project_(init_project(folder_.path() / "p", {.name = "p", .classes = {"cone"}})) {
    project_.lake->add_samples("samples", std::vector<Sample>{{.key = "a"}});
  }

  // Reports without the missing picture of the sample, which has none.
  bool reported(std::string_view text) {
    const auto problems = verify_project(project_);
    return std::any_of(problems.begin(), problems.end(), [&](const std::string& problem) {
      return problem.find(text) != std::string::npos;
    });
  }

  std::string examined_blob() {
    const auto rows = project_.catalog->query("SELECT note FROM check_runs");
    return parse_json(rows.at(0).text(0), "note")["examined_blob"].get<std::string>();
  }

  void store_run() {
    CheckRun run{.id = "check_1", .check = "flags", .parameters = "{}", .examined = {"a"}};
    store_check_run(project_, run, {});
  }

  std::string store_report() {
    auto page = project_.blobs->put("<html>a report</html>");
    project_.catalog->execute(
        "INSERT INTO gate_reports (id, champion, challenger, control, dataset_version, verdict, "
        "report, html, cycle, created_at) VALUES ('gate_1', '', '', '', '', 'pass', '{}', $1, '', "
        "1)",
        {page});
    return page;
  }

  TemporaryFolder folder_;
  Project project_;
};

// gc looks for hashes wherever they may stand, also inside of JSON.
TEST_F(Care, SweepKeepsWhatChecksAndReportsName) {
  const auto loose = project_.blobs->put("nobody names this");
  store_run();
  const auto page = store_report();
  constexpr TimeMs kFromNowOn = -3600 * 1000;  // so young that the grace would keep it too
  const Json swept = sweep_project(project_, {.dry_run = false, .grace_ms = kFromNowOn});
  EXPECT_EQ(swept["blobs"]["count"], 1) << swept.dump();
  EXPECT_FALSE(project_.blobs->has(loose));
  EXPECT_TRUE(project_.blobs->has(page));
  EXPECT_TRUE(project_.blobs->has(examined_blob()));
  EXPECT_EQ(find_check_run(project_, "check_1")->examined, std::vector<std::string>{"a"});
}

TEST_F(Care, VerifyMissesWhatChecksAndReportsName) {
  store_run();
  const auto page = store_report();
  EXPECT_FALSE(reported("blobs are named but not stored"));
  project_.blobs->remove(page);
  EXPECT_TRUE(reported("blobs are named but not stored: \"" + page));
  project_.blobs->put("<html>a report</html>");
  EXPECT_FALSE(reported("blobs are named but not stored"));
  project_.blobs->remove(examined_blob());
  EXPECT_TRUE(reported("blobs are named but not stored: \"" + examined_blob()));
}

TEST_F(Care, VerifyNamesFlagsOfSamplesThatAreNotThere) {
  const auto add = [&](const std::string& id, const std::string& sample) {
    project_.catalog->execute(
        "INSERT INTO flags (id, sample, reason, author, source, created_at) VALUES ($1, $2, 'odd', "
        "'anna', 'person', 1)",
        {id, sample});
  };
  add("flag_1", "a");
  EXPECT_FALSE(reported("samples of flags"));
  add("flag_2", "gone");
  EXPECT_TRUE(reported("1 samples of flags are not in the lake: \"gone\""));
}

}  // namespace
}  // namespace spotter
