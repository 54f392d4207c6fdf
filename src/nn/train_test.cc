#include "nn/train.h"

#include "base/error.h"
#include "nn/model.h"
#include "nn/test_pictures.h"
#include "nn/validate.h"

namespace spotter::nn {
namespace {

class Training : public Pictures {};

// The prediction of a class with the best score, or null.
Json best(const Json& line, const std::string& name) {
  for (const auto& prediction : line["predictions"]) {  // by falling score
    if (prediction["class"] == name) {
      return prediction;
    }
  }
  return nullptr;
}

double overlap(const Json& prediction, const Box& truth) {
  const auto b = prediction["box"].get<std::vector<double>>();
  return iou({b[0], b[1], b[2], b[3]}, truth);
}

TEST_F(Training, LearnsWhatIsThereAndSaysHowSureItIs) {
  auto learner = job("m", 250);
  learner.val = data();
  ASSERT_EQ(train(learner), TrainEnd::kDone);
  const auto lines = predict("m", 8);
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(kCount));
  for (int i = 0; i < kCount; ++i) {
    const auto& line = lines[static_cast<std::size_t>(i)];
    EXPECT_EQ(line["key"], std::to_string(i));
    EXPECT_GE(line["loss"].get<double>(), 0);
    EXPECT_EQ(line["embedding_row"], i);
    const auto found = best(line, "red");
    ASSERT_FALSE(found.is_null()) << i;
    EXPECT_GT(found["score"].get<double>(), 0.3) << i;
    EXPECT_GT(overlap(found, red(i)), 0.6) << i;
    EXPECT_EQ(found["probabilities"].size(), 2U);
    for (int side = 0; side < 4; ++side) {
      EXPECT_GT(found["aleatoric"][static_cast<std::size_t>(side)].get<double>(), 0);
      EXPECT_GE(found["epistemic"][static_cast<std::size_t>(side)].get<double>(), 0);
    }
    EXPECT_GE(found["mutual_information"].get<double>(), 0);
  }
  const Json done = read_json(path("m") / "done.json");
  EXPECT_GT(done["metrics"]["ap50"].get<double>(), 0.8);
  EXPECT_EQ(done["metrics"]["classes"].size(), 2U);
  const auto npy = read_file(path("m-said") / "embeddings.npy");
  EXPECT_EQ(npy.size(), 128U + 12 * 64 * sizeof(float));
  EXPECT_NE(npy.find("'shape': (12, 64)"), std::string::npos);
}

TEST_F(Training, TheSameSeedGivesTheSameWeightsToTheBit) {
  train(job("a", 12));
  train(job("b", 12));
  EXPECT_EQ(weights("a"), weights("b"));
  auto other = job("c", 12);
  other.settings.seed = 8;
  train(other);
  EXPECT_NE(weights("a"), weights("c"));
}

TEST_F(Training, WhatIsSaidAboutAPictureDoesNotDependOnTheOthers) {
  train(job("m", 40));
  const auto all = predict("m", 4);
  std::ofstream(data()) << manifest_line(5, Json::array()).dump() << "\n";
  const auto alone = predict("m", 4);
  ASSERT_EQ(alone.size(), 1U);
  ASSERT_EQ(alone[0]["predictions"].size(), all[5]["predictions"].size());
  ASSERT_FALSE(alone[0]["predictions"].empty());
  const auto& one = alone[0]["predictions"][0];
  const auto& same = all[5]["predictions"][0];
  EXPECT_NEAR(one["score"].get<double>(), same["score"].get<double>(), 1e-4);
  EXPECT_NEAR(one["epistemic"][0].get<double>(), same["epistemic"][0].get<double>(), 1e-2);
}

TEST_F(Training, WarmStartKeepsWhatWasLearntAlsoWhenAClassIsAdded) {
  train(job("first", 20));
  auto more = job("second", 1);
  more.init = path("first");
  more.settings.classes = {"green", "blue", "red"};
  more.settings.train.learning_rate = 0;
  more.settings.train.width = 24;  // the start's architecture wins
  train(more);
  auto first = load_model(path("first"));
  auto second = load_model(path("second"));
  const auto old_rows = first.net->named_parameters()["heat.weight"];
  const auto new_rows = second.net->named_parameters()["heat.weight"];
  EXPECT_TRUE(torch::equal(old_rows[0], new_rows[2]));  // red
  EXPECT_TRUE(torch::equal(old_rows[1], new_rows[1]));  // blue
  EXPECT_TRUE(torch::equal(first.net->named_parameters()["box.weight"],
                           second.net->named_parameters()["box.weight"]));
  EXPECT_EQ(second.prior_px, first.prior_px);
}

TEST_F(Training, AWarmStartBeginsWhereTheOldModelEnded) {
  train(job("first", 200));
  auto more = job("second", 2);
  more.init = path("first");
  more.settings.train.learning_rate = 1e-4;
  train(more);
  const auto loss = [&](const std::string& model) {
    double sum = 0;
    for (const auto& line : predict(model, 0)) {
      sum += line["loss"].get<double>();
    }
    return sum / kCount;
  };
  train(job("scratch", 2));
  EXPECT_LT(loss("second"), 0.5 * loss("scratch"));
}

TEST_F(Training, PicturesOfWeightZeroTeachNothing) {
  std::ofstream manifest(data());
  for (int i = 0; i < kCount; ++i) {
    Json row = manifest_line(i, Json::array({object("red", red(i))}));
    row["weight"] = i < 6 ? 1.0 : 0.0;
    manifest << row.dump() << "\n";
  }
  manifest.close();
  auto weighted = job("a", 6);
  weighted.settings.train.batch = 12;  // each step shows every picture
  train(weighted);
  manifest.open(data());
  for (int i = 0; i < kCount; ++i) {
    Json row =
        manifest_line(i, Json::array({object(i < 6 ? "red" : "blue", red(i))}));  // other labels
    row["weight"] = i < 6 ? 1.0 : 0.0;
    manifest << row.dump() << "\n";
  }
  manifest.close();
  auto same = job("b", 6);
  same.settings.train.batch = 12;
  train(same);
  EXPECT_EQ(weights("a"), weights("b"));
}

TEST_F(Training, RegionsToIgnoreTeachNothing) {
  const auto run = [&](const std::string& out, const Json& region_class) {
    std::ofstream manifest(data());
    for (int i = 0; i < kCount; ++i) {
      Json region = {{"class", region_class}, {"box", {0, 24, 64, 48}}, {"ignore", true}};
      manifest << manifest_line(i, Json::array({object("red", red(i)), region})).dump() << "\n";
    }
    manifest.close();
    train(job(out, 4));
  };
  run("a", "blue");
  run("b", "something else");
  EXPECT_EQ(weights("a"), weights("b"));
}

TEST_F(Training, OneUnreadablePictureDoesNotSpoilTheRest) {
  write_file_atomic(picture(3), "gone");
  EXPECT_EQ(train(job("m", 2)), TrainEnd::kDone);
  const Json done = read_json(path("m") / "done.json");
  EXPECT_EQ(done["pictures"], 11);
  EXPECT_EQ(done["rejects_count"], 1);
  EXPECT_EQ(done["rejects"][0]["where"], "3");
  const auto lines = predict("m", 0);
  ASSERT_EQ(lines.size(), 12U);
  EXPECT_EQ(lines[3]["key"], "3");
  EXPECT_TRUE(lines[3].contains("error"));
  EXPECT_TRUE(lines[4].contains("predictions"));
  EXPECT_EQ(read_json(path("m-said") / "done.json")["count"], 11);
}

TEST_F(Training, PicturesOfOtherShapesKeepTheirShape) {
  auto wide = grey_picture(128, 48);
  const Box square{60, 10, 88, 38};
  rectangle(wide, square, {220, 40, 30});
  write_file_atomic(picture(0), media::encode_png(wide));
  auto learner = job("m", 150);
  ASSERT_EQ(train(learner), TrainEnd::kDone);
  const auto line = predict("m", 0)[0];
  for (const auto& prediction : line["predictions"]) {
    const auto b = prediction["box"].get<std::vector<double>>();
    EXPECT_GE(b[0], 0);
    EXPECT_LE(b[2], 128);
    EXPECT_LE(b[3], 48);
  }
}

TEST_F(Training, ALossThatIsNoNumberEndsTheRun) {
  std::ofstream manifest(data());
  for (int i = 0; i < kCount; ++i) {
    Json row = manifest_line(i, Json::array({object("red", red(i))}));
    row["weight"] = 1e38;  // the sum of a batch overflows
    manifest << row.dump() << "\n";
  }
  manifest.close();
  try {
    train(job("m", 5));
    FAIL() << "went on";
  } catch (const Error& e) {
    EXPECT_EQ(e.code, ErrorCode::kInternal);
    EXPECT_NE(std::string(e.what()).find("step 1"), std::string::npos);
  }
  EXPECT_FALSE(std::filesystem::exists(path("m") / "done.json"));
}

TEST_F(Training, AnEmptyValidationManifestIsFine) {
  std::ofstream(path("val.jsonl")) << "";
  auto learner = job("m", 2);
  learner.val = path("val.jsonl");
  EXPECT_EQ(train(learner), TrainEnd::kDone);
  EXPECT_TRUE(read_json(path("m") / "done.json")["metrics"].empty());
}

TEST_F(Training, WrongDataIsRefusedWithAReason) {
  const auto refused = [&](TrainJob wrong) {
    try {
      train(wrong);
    } catch (const Error& e) {
      EXPECT_FALSE(std::filesystem::exists(wrong.out / "done.json"));
      return std::string(e.what());
    }
    ADD_FAILURE() << "not refused";
    return std::string();
  };
  auto wrong = job("x", 2);
  write_file_atomic(path("empty.jsonl"), "\n");
  wrong.data = path("empty.jsonl");
  EXPECT_NE(refused(wrong).find("names no picture"), std::string::npos);
  write_file_atomic(path("lost.jsonl"),
                    "{\"key\":\"a\",\"path\":\"/nowhere.png\",\"objects\":[]}\n{broken\n[1]\n");
  wrong.data = path("lost.jsonl");
  EXPECT_NE(refused(wrong).find("none of the 1 pictures"), std::string::npos);
  wrong.data = path("absent.jsonl");
  EXPECT_NE(refused(wrong).find("absent.jsonl"), std::string::npos);
  auto nobody = job("x", 2);
  nobody.settings.classes = {"zebra"};
  EXPECT_NE(refused(nobody).find("has an object to learn from"), std::string::npos);
}

TEST_F(Training, ABrokenObjectIsLeftOutAndTheRestOfItsLineStays) {
  std::ofstream manifest(data());
  Json objects =
      Json::array({object("red", red(0)), object("zebra", red(0)), object("red", {5, 5, 5, 9}),
                   Json{{"class", "red"}}, Json{{"class", "red"}, {"box", {1, 2, "x", 4}}}, 7});
  manifest << manifest_line(0, objects).dump() << "\n"
           << manifest_line(1, Json::array()).dump() << "\n";
  manifest.close();
  EXPECT_EQ(train(job("m", 2)), TrainEnd::kDone);
  EXPECT_EQ(read_json(path("m") / "done.json")["rejects_count"], 5);
}

}  // namespace
}  // namespace spotter::nn
