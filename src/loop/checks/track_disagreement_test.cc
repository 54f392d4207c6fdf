#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "domain/proposal.h"
#include "formats/mot_rows.h"
#include "kernels/assignment.h"
#include "loop/checks/check.h"

namespace spotter::checks {
namespace {

namespace fs = std::filesystem;

// One sequence of pictures, 640 x 480, with what a detector said about each.
struct Film {
  std::vector<Sample> samples;
  std::vector<lake::ModelOutput> outputs;
  std::vector<LabelSet> external;  // aligned, or empty
  Json parameters;

  explicit Film(int frames) {
    for (int f = 0; f < frames; ++f) {
      Sample sample;
      sample.key = fmt::format("f{:03}", f);
      sample.sequence = "film";
      sample.frame = f;
      sample.width = 640;
      sample.height = 480;
      samples.push_back(sample);
      lake::ModelOutput output;
      output.set.sample = sample.key;
      outputs.push_back(std::move(output));
    }
  }

  void add(std::size_t frame, const Box& box, double score = 0.9,
           const std::string& class_name = "car") {
    Prediction p;
    p.class_name = class_name;
    p.score = score;
    p.box = box;
    outputs[frame].set.predictions.push_back(p);
  }

  CheckOutput run(const Json& given = Json::object()) {
    const Check& check = find_check("track_disagreement");
    parameters = resolve(check, given);
    CheckInput input;
    input.samples = samples;
    input.parameters = &parameters;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      input.outputs.push_back(&outputs[i]);
      input.sensor.push_back(i < external.size() ? &external[i] : nullptr);
    }
    return check.run(input);
  }
};

// A car that drives through the picture from the left.
Box car(int frame) {
  return {50.0 + 10 * frame, 200, 130.0 + 10 * frame, 260};
}

std::string event_of(const Finding& finding) {
  return parse_json(finding.evidence, "evidence")["event"].get<std::string>();
}

using Seen = std::set<std::tuple<std::string, std::string, std::string, std::string>>;
Seen summary(const CheckOutput& output) {
  Seen seen;
  for (const auto& f : output.findings) {
    seen.emplace(f.sample, f.error, event_of(f), f.object.starts_with("at ") ? "" : f.object);
    EXPECT_GE(f.score, 0);
    EXPECT_LE(f.score, 1);
  }
  return seen;
}

TEST(TrackDisagreement, ASteadyDetectorIsNotAccused) {
  Film film(20);
  for (int f = 0; f < 20; ++f) {
    film.add(static_cast<std::size_t>(f), car(f));
  }
  const auto output = film.run();
  EXPECT_TRUE(output.findings.empty());
  EXPECT_EQ(output.examined, std::vector<std::uint8_t>(20, 1));
  EXPECT_EQ(output.objects.size(), 20U);
}

TEST(TrackDisagreement, MissingInBetweenHasTheBoxBetween) {
  Film film(20);
  for (int f = 0; f < 20; ++f) {
    if (f == 7) {
      film.add(7, car(7), 0.15);  // seen, but too weak to count
    } else if (f != 12) {
      film.add(static_cast<std::size_t>(f), car(f));
    }
  }
  const auto output = film.run();
  EXPECT_EQ(summary(output), (Seen{{"f007", "miss", "missing_between", ""},
                                   {"f012", "miss", "missing_between", ""}}));
  ASSERT_EQ(output.findings.size(), 2U);
  const auto proposal = proposal_of(output.findings[1]);
  ASSERT_TRUE(proposal);
  EXPECT_EQ(proposal->action, "add");
  EXPECT_EQ(proposal->class_name, "car");
  EXPECT_EQ(output.findings[1].object, "at 210,230");
  EXPECT_GT(iou(proposal->box, car(12)), 0.999);
}

TEST(TrackDisagreement, ShortGapsThatRepeatAreFlicker) {
  Film film(20);
  for (int f = 0; f < 20; ++f) {
    if (f != 5 && f != 9 && f != 13) {
      film.add(static_cast<std::size_t>(f), car(f));
    }
  }
  EXPECT_EQ(summary(film.run()), (Seen{{"f005", "miss", "flicker", ""},
                                       {"f009", "miss", "flicker", ""},
                                       {"f013", "miss", "flicker", ""}}));
}

TEST(TrackDisagreement, AClassThatFlipsAndABoxThatJumps) {
  Film film(20);
  for (int f = 0; f < 20; ++f) {
    Box box = car(f);
    if (f == 14) {
      box.x2 += 110;  // more than twice as wide
    }
    film.add(static_cast<std::size_t>(f), box, 0.9, f == 8 ? "truck" : "car");
  }
  const auto output = film.run();
  EXPECT_EQ(summary(output), (Seen{{"f008", "wrong_class", "class_flip", "p0"},
                                   {"f014", "bad_box", "impossible_motion", "p0"}}));
  EXPECT_GT(iou(proposal_of(output.findings[1])->box, car(14)), 0.9);
}

TEST(TrackDisagreement, LateAndLostInTheMiddleOfThePicture) {
  Film film(40);
  for (int f = 0; f < 40; ++f) {
    film.add(static_cast<std::size_t>(f), {300, 20, 380, 80}, 0.9, "van");  // always there
    if (f >= 10 && f < 20) {
      film.add(static_cast<std::size_t>(f), car(f));  // x from 150 to 320
    }
  }
  EXPECT_EQ(summary(film.run()), (Seen{{"f008", "miss", "late_first", ""},
                                       {"f009", "miss", "late_first", ""},
                                       {"f020", "miss", "early_last", ""},
                                       {"f021", "miss", "early_last", ""}}));
  EXPECT_TRUE(film.run({{"late_max", 0}}).findings.empty());
}

TEST(TrackDisagreement, WhoEntersAtTheBorderOrFromBehindIsNotLate) {
  Film film(30);
  for (int f = 0; f < 30; ++f) {
    film.add(static_cast<std::size_t>(f), {250, 150, 420, 400}, 0.9, "van");
    if (f >= 5) {
      film.add(static_cast<std::size_t>(f), {10.0 * (f - 5), 20, 10.0 * (f - 5) + 60, 60});
    }
    if (f >= 12) {  // comes out to the right of the van, which stands lower
      film.add(static_cast<std::size_t>(f), {360.0 + 4 * (f - 12), 300, 440.0 + 4 * (f - 12), 380},
               0.9, "person");
    }
  }
  EXPECT_TRUE(film.run().findings.empty());
}

TEST(TrackDisagreement, ACameraThatSwingsIsTakenOut) {
  Film film(16);
  for (int f = 0; f < 16; ++f) {
    const double shift = f < 8 ? 0 : 90;  // one swing between frames 7 and 8
    if (f != 8 && f != 9) {
      film.add(static_cast<std::size_t>(f), {200 + shift, 200, 260 + shift, 260});
    }
  }
  film.samples[8].attributes = R"({"camera_shift_x": 90})";
  const auto output = film.run();
  ASSERT_EQ(output.findings.size(), 2U);
  EXPECT_GT(iou(output.findings[0].box, {290, 200, 350, 260}), 0.99);
  film.samples[8].attributes.clear();
  EXPECT_NE(summary(film.run()), summary(output));
}

TEST(TrackDisagreement, AnExternalTrackerIsASecondOpinion) {
  Film film(2);
  film.add(0, {10, 10, 50, 50}, 0.9, "car");
  film.add(0, {100, 10, 140, 50}, 0.8, "car");
  film.add(0, {300, 10, 340, 50}, 0.7, "car");
  const auto label = [](const char* object, const char* class_name, const Box& box) {
    Label made;
    made.object = object;
    made.class_name = class_name;
    made.box = box;
    made.track = object;
    return made;
  };
  Label ignored = label("i", "car", {500, 300, 540, 340});
  ignored.ignore = true;
  film.external = {
      {.sample = "f000",
       .layer = "tracks",
       .labels = {label("a", "car", {10, 10, 50, 50}), label("b", "truck", {100, 10, 140, 50}),
                  label("c", "car", {200, 10, 240, 50}), ignored}},
      {.sample = "f001", .layer = "tracks"}};
  EXPECT_EQ(summary(film.run()), (Seen{{"f000", "wrong_class", "external_track", "p1"},
                                       {"f000", "miss", "external_track", "c"},
                                       {"f000", "false_alarm", "external_track", "p2"}}));
}

// Four metres a picture past a row of posts: nothing overlaps with itself, unless somebody says how
// fast the vehicle drove.
TEST(TrackDisagreement, WhatDrivingDoesToThePictureIsLearned) {
  const auto post = [](double ahead, double right) {
    const double scale = 600 / ahead;
    return Box{320 + (right - 0.3) * scale, 200 + 0.5 * scale, 320 + (right + 0.3) * scale,
               200 + 1.5 * scale};
  };
  const auto drive = [&](bool known) {
    Film film(60);
    for (int f = 0; f < 60; ++f) {
      auto& sample = film.samples[static_cast<std::size_t>(f)];
      sample.captured_at = 1'000'000 + 400 * f;
      sample.attributes = known ? R"({"speed_mps": 10})" : "";
      for (int k = 0; k < 40; ++k) {
        const double ahead = 9.0 * k - 4.0 * f;
        if (ahead > 6 && ahead < 40 && !(f == 30 && k == 15)) {
          film.add(static_cast<std::size_t>(f), post(ahead, k % 2 == 0 ? 2 : -2));
        }
      }
    }
    auto findings = film.run().findings;
    std::erase_if(findings, [](const Finding& finding) {  // posts do appear and vanish here
      return event_of(finding) == "late_first" || event_of(finding) == "early_last";
    });
    return findings;
  };
  const auto found = drive(true);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].sample, "f030");
  EXPECT_EQ(event_of(found[0]), "missing_between");
  EXPECT_GE(iou(found[0].box, post(9.0 * 15 - 4.0 * 30, -2)), 0.8);
  EXPECT_GT(drive(false).size(), 10U);  // posts taken for each other
}

// ---- TUD-Campus (shared data)

struct Counts {
  int findings = 0;
  int right = 0;
  int wanted = 0;  // errors of the kind that there are
  int found = 0;
  [[nodiscard]] double precision() const { return 1.0 * right / std::max(findings, 1); }
  [[nodiscard]] double recall() const { return 1.0 * found / std::max(wanted, 1); }
};

void print(const std::string& what, const Counts& c) {
  std::printf("  %-28s %3d findings, precision %.3f; %3d of %3d errors found, recall %.3f\n",
              what.c_str(), c.findings, c.precision(), c.found, c.wanted, c.recall());
}

class TudCampus : public testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("SPOTTER_SHARED");
    const fs::path root = fs::path(folder == nullptr ? "../shared" : folder) / "data" /
                          "mot-motmetrics" / "TUD-Campus";
    if (!fs::exists(root)) {
      GTEST_SKIP() << "skipped: shared data is not there: " << root;
    }
    Rejects rejects;
    truth_ = formats::read_mot_file(root / "gt.txt", rejects);
    tracker_ = formats::read_mot_file(root / "test.txt", rejects);
    ASSERT_EQ(rejects.count(), 0U);
  }

  std::vector<formats::MotRow> truth_;
  std::vector<formats::MotRow> tracker_;
};

// The published tracker's boxes as a detector's output (its track ids are not used): findings of
// misses against the ground-truth boxes that no box of the frame overlaps by half.
TEST_F(TudCampus, FindingsOnThePublishedOutput) {
  Film film(71);
  std::map<std::string, std::vector<Box>> missed;
  std::vector<std::vector<Box>> truths(71);
  for (const auto& row : tracker_) {
    film.add(static_cast<std::size_t>(row.frame - 1), row.box, 1, "person");
  }
  for (const auto& row : truth_) {
    truths[static_cast<std::size_t>(row.frame - 1)].push_back(row.box);
  }
  for (std::size_t f = 0; f < truths.size(); ++f) {
    const auto& said = film.outputs[f].set.predictions;
    std::vector<kernels::WeightedEdge> edges;
    for (std::size_t t = 0; t < truths[f].size(); ++t) {
      for (std::size_t p = 0; p < said.size(); ++p) {
        if (const double overlap = iou(truths[f][t], said[p].box); overlap >= 0.5) {
          edges.push_back(
              {static_cast<std::int32_t>(t), static_cast<std::int32_t>(p), 1 + overlap});
        }
      }
    }
    const auto partner = kernels::max_weight_matching(
        static_cast<std::int32_t>(truths[f].size()), static_cast<std::int32_t>(said.size()), edges);
    for (std::size_t t = 0; t < partner.size(); ++t) {
      if (partner[t] < 0) {
        missed[film.samples[f].key].push_back(truths[f][t]);
      }
    }
  }
  std::map<std::string, Counts> by_event;
  Counts all;
  for (const auto& [key, boxes] : missed) {
    all.wanted += static_cast<int>(boxes.size());
  }
  std::set<std::pair<std::string, double>> found;
  for (const auto& finding : film.run().findings) {
    ++by_event[event_of(finding)].findings;
    ++all.findings;
    for (const auto& box : missed[finding.sample]) {
      if (finding.error == "miss" && iou(box, finding.box) >= 0.5) {
        ++by_event[event_of(finding)].right;
        ++all.right;
        found.emplace(finding.sample, box.x1);
        break;
      }
    }
  }
  all.found = static_cast<int>(found.size());
  for (auto& [event, counts] : by_event) {
    counts.wanted = all.wanted;
    counts.found = counts.right;
    print(event, counts);
  }
  print("all", all);
  EXPECT_EQ(all.wanted, 150) << "the misses of eval mot";
  EXPECT_GE(all.precision(), 0.8);
  EXPECT_GE(all.found, 12);
}

// Real motion, planted errors: the ground truth as a detector that forgets, flips and jumps.
TEST_F(TudCampus, PlantedErrorsAreFound) {
  std::map<std::string, Counts> by_error;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Rng rng(seed);
    Film film(71);
    std::map<std::string, std::set<std::pair<std::string, double>>> planted;
    std::map<std::pair<std::string, double>, Box> true_box;
    for (const auto& row : truth_) {
      const auto f = static_cast<std::size_t>(row.frame - 1);
      Box box = row.box;
      for (double* side : {&box.x1, &box.y1, &box.x2, &box.y2}) {
        *side += rng.normal();
      }
      const std::pair<std::string, double> id = {film.samples[f].key, row.box.x1};
      const double draw = rng.uniform();
      if (draw < 0.08) {
        planted["miss"].insert(id);
        true_box[id] = row.box;
        continue;
      }
      std::string class_name = "person";
      if (draw < 0.10) {
        class_name = "rider";
        planted["wrong_class"].insert(id);
        true_box[id] = box;
      } else if (draw < 0.12) {
        box.y2 = box.y1 + 0.4 * box.height();
        planted["bad_box"].insert(id);
        true_box[id] = box;
      }
      film.add(f, box, rng.uniform(0.6, 1), class_name);
    }
    for (const auto& finding : film.run().findings) {
      auto& counts = by_error[finding.error];
      ++counts.findings;
      Box said = finding.box;
      if (finding.object[0] == 'p') {
        const auto p = static_cast<std::size_t>(std::stoi(finding.object.substr(1)));
        for (const auto& output : film.outputs) {
          said = output.set.sample == finding.sample ? output.set.predictions[p].box : said;
        }
      }
      for (const auto& id : planted[finding.error]) {
        if (id.first == finding.sample && iou(true_box[id], said) >= 0.5) {
          ++counts.right;
          ++counts.found;
          break;
        }
      }
    }
    for (const auto& [error, ids] : planted) {
      by_error[error].wanted += static_cast<int>(ids.size());
    }
  }
  for (const auto& [error, counts] : by_error) {
    print(error, counts);
  }
  EXPECT_GE(by_error["miss"].precision(), 0.8);
  EXPECT_GE(by_error["miss"].recall(), 0.7);
  EXPECT_GE(by_error["wrong_class"].precision(), 0.9);
  EXPECT_GE(by_error["wrong_class"].recall(), 0.8);
  EXPECT_GE(by_error["bad_box"].precision(), 0.8);
  EXPECT_GE(by_error["bad_box"].recall(), 0.6);
}

}  // namespace
}  // namespace spotter::checks
