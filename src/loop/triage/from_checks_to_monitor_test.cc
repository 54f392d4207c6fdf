// Checks, triage, curate and monitor on one project with real stores: a world in which a model
// misses cones in rain and an operator flags green cones in the harbour. Predictions are stored
// beforehand.
#include <array>
#include <cstring>
#include <map>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/random.h"
#include "loop/checks/checks.h"
#include "loop/curate/curate.h"
#include "loop/monitor/monitor.h"
#include "loop/triage/queue.h"
#include "loop/triage/triage.h"
#include "media/image.h"
#include "project/check_runs.h"
#include "project/failure_modes.h"

namespace spotter {
namespace {

constexpr std::size_t kDimensions = 8;

std::string npy(const std::vector<float>& values, std::size_t columns) {
  std::string header =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}",
                  values.size() / columns, columns);
  header.resize((header.size() + 10 + 1 + 63) / 64 * 64 - 10 - 1, ' ');
  header += '\n';
  std::string bytes = "\x93NUMPY";
  bytes += '\x01';
  bytes += '\0';
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  const std::size_t at = bytes.size();
  bytes.resize(at + values.size() * sizeof(float));
  std::memcpy(bytes.data() + at, values.data(), values.size() * sizeof(float));
  return bytes;
}

class Street : public testing::Test {
 protected:
  Street() : project_(test_project(folder_.path(), config())) {}

  static Config config() {
    Config config;
    config.name = "street";
    config.classes = {"cone"};
    config.campaign_budget = 60;
    return config;
  }

  // 100 labelled dry scenes are the model's version v1; 200 scenes of production have rain and a
  // harbour.
  void SetUp() override {
    Rng rng(4, "street");
    for (std::size_t s = 0; s < 300; ++s) {
      add_scene(rng, s);
    }
    project_.lake->add_samples("samples", samples_);
    project_.lake->add_labels("labels", labels_);
    project_.lake->add_labels("lidar", lidar_);
    project_.lake->add_version("version/v1", "v1", version_);
    segment_ = project_.blobs->put(npy(embeddings_, kDimensions));
    add_model("model_1", "m1", outputs_);
    project_.catalog->execute(
        "INSERT INTO aliases (alias, model, updated_at) VALUES ('champion', 'model_1', $1)",
        {project_.now()});
  }

  void add_scene(Rng& rng, std::size_t s) {
    const bool production = s >= 100;
    const bool rain = production && rng.chance(0.2);
    const bool harbour = production && rng.chance(0.08);
    std::vector<double> look(kDimensions);
    for (auto& l : look) {
      l = rng.normal() + (rain ? 2.5 : 0);
    }
    for (int frame = 0; frame < 4; ++frame) {
      Sample sample{.key = fmt::format("s{:03}/{}", s, frame),
                    .media_type = "image/png",
                    .width = 64,
                    .height = 48};
      sample.sequence = fmt::format("s{:03}", s);
      sample.frame = frame;
      const Json attributes = {{"weather", rain ? "rain" : "clear"},
                               {"district", harbour ? "harbour" : "suburb"}};
      sample.attributes = attributes.dump();
      const Box cone{10, 10, 18, 22};
      sample.media = picture(rng, cone, harbour);
      add_outputs(rng, sample.key, cone, rain ? 0.1 : 0.85);
      for (const double l : look) {
        embeddings_.push_back(static_cast<float>(l + 0.2 * rng.normal()));
      }
      lidar_.push_back(set_of(sample.key, "lidar", "cluster", cone));
      if (!production) {
        labels_.push_back(set_of(sample.key, kLabelLayer, "cone", cone));
        version_.push_back({sample.key, s % 5 == 0 ? "test" : "train", 1});
      }
      if (harbour && frame == 1 && s % 2 == 0) {
        flag(sample.key);
      }
      samples_.push_back(std::move(sample));
    }
  }

  // Sixteen orange and sixteen green ones in all, because encoding takes most of the time.
  std::string picture(Rng& rng, const Box& cone, bool green) {
    auto& known = pictures_[rng.index(16) + (green ? 16 : 0)];
    if (known.empty()) {
      known = project_.blobs->put(media::encode_png(painted(rng, cone, green)));
    }
    return known;
  }

  static media::Image painted(Rng& rng, const Box& cone, bool green) {
    media::Image image{64, 48, std::vector<std::uint8_t>(64 * 48 * 3)};
    for (auto& byte : image.rgb) {
      byte = static_cast<std::uint8_t>(90 + rng.index(20));
    }
    for (int y = static_cast<int>(cone.y1); y < static_cast<int>(cone.y2); ++y) {
      for (int x = static_cast<int>(cone.x1); x < static_cast<int>(cone.x2); ++x) {
        const auto at = static_cast<std::size_t>(y * 64 + x) * 3;
        image.rgb[at] = green ? 40 : 200;
        image.rgb[at + 1] = green ? 170 : 110;
        image.rgb[at + 2] = 40;
      }
    }
    return image;
  }

  void add_outputs(Rng& rng, const std::string& key, const Box& cone, double found) {
    lake::ModelOutput output;
    output.set.sample = key;
    output.loss = 0.3;
    output.embedding_row = static_cast<std::int64_t>(outputs_.size());
    if (rng.chance(found)) {
      output.set.predictions.push_back(
          {.class_name = "cone", .score = 0.6 + 0.3 * rng.uniform(), .box = cone});
    }
    outputs_.push_back(std::move(output));
  }

  LabelSet set_of(const std::string& key, const std::string& layer, const std::string& class_name,
                  const Box& box) {
    Label label;
    label.object = "1";
    label.class_name = class_name;
    label.box = box;
    return {.sample = key,
            .layer = layer,
            .author = "test",
            .created_at = project_.now(),
            .labels = {label}};
  }

  void flag(const std::string& key) {
    flagged_.insert(key);
    project_.catalog->execute(
        "INSERT INTO flags (id, sample, reason, box, author, source, created_at) VALUES ($1, $2, "
        "'green cone', "
        "'[10,10,18,22]', 'ann', 'button', $3)",
        {"flag_" + key, key, project_.now()});
  }

  void add_model(const std::string& id, const std::string& name,
                 std::vector<lake::ModelOutput> outputs) {
    for (auto& output : outputs) {
      output.segment = segment_;
    }
    project_.lake->add_predictions("predict/" + id, id, outputs);
    project_.catalog->execute(
        "INSERT INTO models (id, name, dataset_version, definition, files, created_at) VALUES ($1, "
        "$2, 'v1', "
        "'{\"runtime\":\"builtin\",\"classes\":[\"cone\"]}', '{}', $3)",
        {id, name, project_.now()});
  }

  Json run_checks() {
    clock().advance_ms(1000);
    return checks::run(project_, {});
  }
  FakeClock& clock() { return dynamic_cast<FakeClock&>(*project_.clock); }
  static const Json& of(const Json& runs, const std::string& check) {
    for (const auto& run : runs["runs"]) {
      if (run["check"] == check) {
        return run;
      }
    }
    throw std::runtime_error("no run of " + check);
  }

  TemporaryFolder folder_;
  Project project_;
  std::vector<Sample> samples_;
  std::vector<LabelSet> labels_;
  std::vector<LabelSet> lidar_;
  std::vector<lake::VersionItem> version_;
  std::vector<lake::ModelOutput> outputs_;
  std::vector<float> embeddings_;
  std::string segment_;
  std::array<std::string, 32> pictures_;
  std::set<std::string> flagged_;
};

TEST_F(Street, ChecksRunOnceForTheSameInputs) {
  const Json first = run_checks();
  EXPECT_EQ(of(first, "flags")["findings"], flagged_.size());
  EXPECT_GT(of(first, "sensor_disagreement")["findings"], 100);
  EXPECT_GT(of(first, "embedding_distance")["findings"], 50);
  int clusters = 0;  // of what the checks before it found
  const Json found = triage::findings(project_, {.check = "embeddings", .limit = 100});
  for (const auto& finding : found["findings"]) {
    if (finding["error"] == "failure_cluster") {
      ++clusters;
      EXPECT_NE(finding["evidence"]["name"].get<std::string>().find("% in rain"),
                std::string::npos);
    }
  }
  EXPECT_GE(clusters, 5);
  EXPECT_EQ(of(first, "label_loss")["examined"], 400);
  const auto stored = project_.lake->findings().size();
  const Json second = run_checks();
  int reused = 0;
  for (const auto& run : second["runs"]) {
    if (!run.contains("skipped")) {
      EXPECT_EQ(run["reused"], true) << run.dump();
      ++reused;
    }
  }
  EXPECT_GE(reused, 4);
  EXPECT_EQ(project_.lake->findings().size(), stored);
  flag("s150/0");
  EXPECT_EQ(of(run_checks(), "flags")["reused"], false) << "a new flag is a new input";
}

TEST_F(Street, ChecksWithoutTheirInputsAreSkippedWithTheReason) {
  project_.catalog->execute("DELETE FROM aliases");
  add_model("model_2", "m2", {});  // now neither is meant
  const Json runs = run_checks();
  EXPECT_NE(of(runs, "label_loss").value("skipped", "").find("no model is deployed"),
            std::string::npos);
  EXPECT_EQ(of(runs, "flags")["findings"], flagged_.size());
}

TEST_F(Street, RainAndHarbourBecomeModesAndKeepTheirIdentity) {
  (void)run_checks();
  const Json first = triage::update(project_, {});
  ASSERT_GE(first["modes"].size(), 2U) << first.dump(2);
  EXPECT_EQ(first["modes"][0]["name"], "missed-cones-in-rain");
  EXPECT_EQ(first["modes"][0]["slice"], "weather = 'rain'");
  EXPECT_EQ(first["modes"][1]["name"], "flagged-pictures-in-harbour");
  (void)triage::set_mode(project_, {.mode = "missed-cones-in-rain", .weight = 3});
  const Json second = triage::update(project_, {});
  EXPECT_EQ(second["modes"].size(), first["modes"].size());
  EXPECT_EQ(second["modes"][0]["id"], first["modes"][0]["id"]);
  EXPECT_EQ(second["modes"][0]["weight"], 3.0);
  const Json shown = triage::show_mode(project_, "missed-cones-in-rain", 5);
  EXPECT_EQ(shown["history"].size(), 1U);
  EXPECT_EQ(shown["examples"].size(), 5U);
}

TEST_F(Street, AVerdictTakesAFindingOutOfTheNextRanking) {
  (void)run_checks();
  (void)triage::update(project_, {});
  const Json before = triage::findings(project_, {.check = "flags", .limit = 100});
  for (const auto& finding : before["findings"]) {
    (void)triage::judge(project_, {.ids = {finding["id"].get<std::string>()}, .verdict = "ignore"});
  }
  (void)triage::update(project_, {});
  const Json after = triage::show_mode(project_, "flagged-pictures-in-harbour", 5);
  EXPECT_EQ(after["findings"], 0);
  EXPECT_EQ(after["rank_score"], 0.0);
  flag("s150/0");  // a new run finds the settled ones again; they stay settled
  (void)run_checks();
  const auto current = current_findings(project_, "model_1");
  for (const auto& check : current) {
    EXPECT_TRUE(check.check != "flags" || check.findings.size() == 1);
  }
  EXPECT_THROW((void)triage::judge(project_, {.ids = {"finding_x"}, .verdict = "ignore"}), Error);
  EXPECT_THROW((void)triage::judge(project_, {.ids = {"finding_x"}, .verdict = "wrong"}), Error);
}

TEST_F(Street, ABetterModelFixesTheModeAndAWorseOneRegressesIt) {
  (void)run_checks();
  (void)triage::update(project_, {});
  auto good = outputs_;
  for (auto& output : good) {
    if (output.set.predictions.empty()) {
      output.set.predictions.push_back(
          {.class_name = "cone", .score = 0.9, .box = {10, 10, 18, 22}});
    }
  }
  add_model("model_2", "m2", good);
  (void)checks::run(project_, {.names = {"sensor_disagreement", "flags"}, .model = "m2"});
  (void)triage::update(project_, {.model = "m2"});
  EXPECT_EQ(find_failure_mode(project_, "missed-cones-in-rain").state, "fixed");
  const auto slices = project_.catalog->query(
      "SELECT definition, blocking FROM slices WHERE name = 'missed-cones-in-rain' AND source = "
      "'failure_mode'");
  ASSERT_EQ(slices.size(), 1U);
  EXPECT_EQ(slices[0].text(0), R"({"where":"weather = 'rain'","class":"cone"})");
  EXPECT_EQ(slices[0].integer(1), 1);
  add_model("model_3", "m3", outputs_);
  (void)checks::run(project_, {.model = "m3"});
  (void)triage::update(project_, {.model = "m3"});
  EXPECT_EQ(find_failure_mode(project_, "missed-cones-in-rain").state, "regressed");
}

TEST_F(Street, MergedModesStayMerged) {
  (void)run_checks();
  (void)triage::update(project_, {});
  const auto before =
      triage::show_mode(project_, "missed-cones-in-rain", 1)["findings"].get<std::size_t>();
  (void)triage::merge_modes(project_, "missed-cones-in-rain", "flagged-pictures-in-harbour");
  const Json modes = triage::update(project_, {})["modes"];
  for (const auto& mode : modes) {
    EXPECT_NE(mode["name"], "flagged-pictures-in-harbour");
  }
  EXPECT_EQ(triage::show_mode(project_, "missed-cones-in-rain", 1)["findings"],
            before + flagged_.size());
}

std::map<std::string, std::string> attributes_by_key(const std::vector<Sample>& samples) {
  std::map<std::string, std::string> result;
  for (const auto& sample : samples) {
    result[sample.key] = sample.attributes;
  }
  return result;
}

TEST_F(Street, ACampaignCollectsForSeveralModesWithinItsBudget) {
  (void)run_checks();
  (void)triage::update(project_, {});
  const curate::CreateOptions options{
      .name = "week", .modes = {"missed-cones-in-rain", "flagged-pictures-in-harbour"}};
  const Json created = curate::create_campaign(project_, options);
  EXPECT_EQ(curate::create_campaign(project_, options)["id"], created["id"])
      << "the same call changes nothing";
  EXPECT_EQ(find_failure_mode(project_, "missed-cones-in-rain").state, "collecting");
  const Json result = curate::run_campaign(project_, {.campaign = "week"});
  EXPECT_EQ(result["state"], "collected");
  EXPECT_LE(result["items"].size(), 60U);
  EXPECT_GE(result["items"].size(), 50U);
  const auto attributes = attributes_by_key(samples_);
  std::map<std::string, int> kinds;
  for (const auto& item : result["items"]) {
    const auto& text = attributes.at(item["sample"].get<std::string>());
    kinds["rain"] += text.find("rain") != std::string::npos ? 1 : 0;
    kinds["harbour"] += text.find("harbour") != std::string::npos ? 1 : 0;
    EXPECT_FALSE(item["reason"].get<std::string>().empty());
    EXPECT_GE(item["sample"].get<std::string>(), "s100") << "labelled samples are not collected";
  }
  EXPECT_GE(kinds["rain"], 25);
  EXPECT_GE(kinds["harbour"], 15);
  EXPECT_EQ(curate::run_campaign(project_, {.campaign = "week"})["items"], result["items"]);
}

TEST_F(Street, FlagsBesideModesDoNotTakeTheBudget) {
  (void)run_checks();
  (void)triage::update(project_, {});
  (void)curate::create_campaign(
      project_, {.name = "both", .modes = {"missed-cones-in-rain", "missed-cones"}, .flags = true});
  const Json result = curate::run_campaign(project_, {.campaign = "both"});
  const Json& parts = result["parts"];
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_GT(parts[0]["share"], 0.5) << parts.dump(2);
  EXPECT_LT(parts[1]["share"], 0.1) << "what happens everywhere";
  EXPECT_LT(parts[2]["share"], 0.35) << "flags";
}

TEST_F(Street, FlagsAloneLeadToMoreOfTheSame) {
  (void)curate::create_campaign(project_, {.name = "green", .flags = true, .budget = 40});
  const Json result = curate::run_campaign(project_, {.campaign = "green"});
  const auto attributes = attributes_by_key(samples_);
  std::size_t harbour = 0;
  std::size_t unflagged = 0;
  for (const auto& item : result["items"]) {
    const auto key = item["sample"].get<std::string>();
    harbour += attributes.at(key).find("harbour") != std::string::npos ? 1 : 0;
    unflagged += flagged_.contains(key) ? 0 : 1;
  }
  EXPECT_GE(harbour, result["items"].size() * 9 / 10) << result.dump(2);
  EXPECT_GE(unflagged, 20U);
  EXPECT_EQ(result["parts"][0]["where"], "(district = 'harbour')");
}

TEST_F(Street, WithoutMetadataTheLooksOfFlaggedObjectsLeadToMore) {
  // Only pictures say where the green cones are: the filter keeps the metadata out of the
  // explanation.
  project_.config.label_where = "weather = 'clear'";
  auto plain = samples_;
  std::set<std::string> green;
  for (auto& sample : plain) {
    if (sample.attributes.find("harbour") != std::string::npos) {
      green.insert(sample.key);
    }
    sample.key = "x" + sample.key;
    sample.sequence = "x" + sample.sequence;
    sample.attributes = R"({"weather": "clear", "plain": true})";
  }
  project_.lake->add_samples("plain samples", plain);
  std::vector<LabelSet> lidar;
  std::vector<lake::ModelOutput> outputs = outputs_;
  for (auto set : lidar_) {
    set.sample = "x" + set.sample;
    lidar.push_back(std::move(set));
  }
  for (auto& output : outputs) {
    output.set.sample = "x" + output.set.sample;
    output.segment = segment_;
  }
  project_.lake->add_labels("plain lidar", lidar);
  project_.lake->add_predictions("plain predictions", "model_1", outputs);
  (void)curate::create_campaign(
      project_, {.name = "green", .where = "plain = true", .flags = true, .budget = 30});
  const Json result = curate::run_campaign(project_, {.campaign = "green"});
  std::size_t right = 0;
  for (const auto& item : result["items"]) {
    right += green.contains(item["sample"].get<std::string>().substr(1)) ? 1 : 0;
  }
  EXPECT_GE(result["items"].size(), 20U) << result.dump(2);
  EXPECT_GE(right, result["items"].size() * 8 / 10) << result.dump(2);
}

TEST_F(Street, CampaignsRefuseWhatMakesNoSense) {
  EXPECT_THROW((void)curate::create_campaign(project_, {.name = "x"}), Error);
  EXPECT_THROW((void)curate::create_campaign(project_, {.name = "x", .modes = {"no such"}}), Error);
  EXPECT_THROW((void)curate::create_campaign(project_, {.name = "x", .where = "weather ="}), Error);
  EXPECT_THROW((void)curate::create_campaign(project_, {.name = "x", .like = {"no such"}}), Error);
  EXPECT_THROW((void)curate::create_campaign(project_, {.name = "x", .flags = true, .budget = -1}),
               Error);
  (void)curate::create_campaign(project_, {.name = "x", .flags = true});
  EXPECT_THROW((void)curate::create_campaign(project_, {.name = "x", .where = "true"}), Error);
}

TEST_F(Street, TheMonitorSeesTheRainAndItsAlarmsAreFindings) {
  const Json result = monitor::run(project_, {.where = "weather = 'rain'"});
  EXPECT_EQ(result["alarm"], true) << result.dump(2);
  EXPECT_EQ(monitor::run(project_, {.where = "weather = 'rain'"}), result);
  const Json status = monitor::status(project_, 5);
  EXPECT_EQ(status["runs"].size(), 1U);
  std::size_t drift = 0;
  for (const auto& finding : project_.lake->findings()) {
    drift += finding.check == "monitor" && finding.error == "drift" ? 1 : 0;
  }
  EXPECT_GT(drift, 0U);
  const Json dry = monitor::run(project_, {.where = "weather = 'clear'"});
  EXPECT_EQ(dry["alarm"], false) << dry.dump(2);
}

}  // namespace
}  // namespace spotter
