#include "loop/ingest/ingest.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "loop/ingest/fit.h"
#include "loop/ingest/keys.h"
#include "loop/ingest/write.h"
#include "media/image.h"
#include "project/thumbnails.h"

namespace spotter::ingest {
namespace {

namespace fs = std::filesystem;

std::string picture(int width, int height, int grey) {
  media::Image image{.width = width, .height = height};
  image.rgb.resize(static_cast<std::size_t>(width * height) * 3, static_cast<std::uint8_t>(grey));
  return media::encode_jpeg(image, 90);
}

// A JPEG that viewers turn by EXIF orientation 6 (a quarter to the right).
std::string turned_picture(int width, int height) {
  std::string jpeg = picture(width, height, 128);
  jpeg.insert(2, std::string("\xFF\xE1\0\x22"
                             "Exif\0\0"
                             "MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0",
                             36));
  return jpeg;
}

class Ingest : public testing::Test {
 protected:
  Ingest() {
    Config config;
    config.name = "test";
    config.classes = {"car", "bus"};
    project_ = std::make_unique<Project>(test_project(folder_.path() / "project", config));
    make_folders(project_->state_folder());
  }

  fs::path file(const std::string& name, const std::string& content) {
    write_file_atomic(folder_.path() / "data" / name, content, Sync::kNone);
    return folder_.path() / "data" / name;
  }

  ImportReport bring(const std::string& format, const fs::path& path, ImportOptions options = {}) {
    options.format = format;
    options.path = path;
    return import(*project_, options);
  }

  TemporaryFolder folder_;
  std::unique_ptr<Project> project_;
};

TEST_F(Ingest, AddsOnceAndOnlyWhatIsNew) {
  (void)file("a.jpg", picture(64, 48, 1));
  (void)file("sub/b.jpg", picture(32, 24, 2));
  const auto lines = file(
      "rows.jsonl",
      R"({"image":"a.jpg","attributes":{"weather":"rain"},"objects":[{"class":"car","box":[1,2,30,40]}],)"
      R"("layers":{"lidar":[{"class":"cluster","box":[0,0,5,5]}]},"flags":[{"reason":"odd"}]})"
      "\n"
      R"({"image":"sub/b.jpg","objects":[]})"
      "\n");
  const auto first = bring("jsonl", lines);
  EXPECT_EQ(first.samples_added, 2U);
  EXPECT_EQ(first.labels_added, 1U);
  EXPECT_EQ(first.label_sets_added, 3U);
  EXPECT_EQ(first.layer_objects_added, 1U);
  EXPECT_EQ(first.flags_added, 1U);
  const auto samples = project_->lake->samples();
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[0].key, "a");
  EXPECT_EQ(samples[0].width, 64);
  EXPECT_EQ(samples[1].key, "sub/b");
  EXPECT_EQ(project_->blobs->get(samples[0].media, true), picture(64, 48, 1));
  const auto thumb = thumbnail(*project_, samples[0].media);
  EXPECT_EQ(media::probe(thumb, "thumbnail").width, 64);
  const auto second = bring("jsonl", lines);
  EXPECT_EQ(second.samples_added + second.label_sets_added + second.flags_added, 0U);
  EXPECT_EQ(second.samples_unchanged, 2U);
}

TEST_F(Ingest, BoxesInTheStoredFrameOfATurnedPictureAreTurned) {
  (void)file("a.jpg", turned_picture(40, 20));
  const auto coco = file(
      "a.json",
      R"({"images":[{"id":1,"file_name":"a.jpg","width":40,"height":20}],"categories":[{"id":1,"name":"car"}],)"
      R"("annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[0,0,10,5]}]})");
  const auto report = bring("coco", coco);
  EXPECT_EQ(report.rejects.count(), 0U);
  const auto sets = project_->lake->labels({}, kLabelLayer);
  ASSERT_EQ(sets.size(), 1U);
  EXPECT_EQ(sets[0].labels.at(0).box,
            (Box{15, 0, 20, 10}));  // the stored top left is the upright top right
  EXPECT_EQ(project_->lake->samples()[0].height, 40);
}

TEST(TurnBox, EveryOrientationKeepsTheAreaAndStaysInside) {
  const Box box{3, 4, 10, 6};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Box turned = turn_box(box, orientation, 40, 20);
    EXPECT_DOUBLE_EQ(turned.area(), box.area()) << orientation;
    const double width = orientation >= 5 ? 20 : 40;
    const double height = orientation >= 5 ? 40 : 20;
    EXPECT_EQ(clip(turned, width, height), turned) << orientation;
  }
}

TEST_F(Ingest, LabelsForAPictureOfAnotherSizeAreRefused) {
  (void)file("a.jpg", picture(64, 48, 1));
  const auto coco = file(
      "a.json",
      R"({"images":[{"id":1,"file_name":"a.jpg","width":640,"height":480}],"categories":[{"id":1,"name":"car"}],)"
      R"("annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[0,0,10,5]}]})");
  const auto report = bring("coco", coco);
  EXPECT_EQ(report.samples_added, 1U);
  EXPECT_EQ(report.label_sets_added, 0U);
  ASSERT_EQ(report.rejects.count(), 1U);
  EXPECT_NE(report.rejects.rows()[0].reason.find("640x480"), std::string::npos);
}

TEST_F(Ingest, LabelsFindKnownSamplesWithoutPictures) {
  (void)bring("images", file("pics/deep/a.v1.jpg", picture(64, 48, 1)).parent_path().parent_path());
  const auto truth = file("labels/truth.jsonl",
                          R"({"key":"deep/a.v1","objects":[{"class":"car","box":[1,2,3,4]}]})");
  EXPECT_EQ(bring("jsonl", truth).labels_added, 1U);
  const auto voc =
      file("labels/x.xml",
           "<annotation><filename>a.v1.jpg</filename><object><name>bus</name><bndbox><xmin>2</xmin>"
           "<ymin>2</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>");
  const auto report = bring("voc", voc);
  EXPECT_EQ(report.samples_unchanged, 1U);
  EXPECT_EQ(report.labels_added, 1U);
  EXPECT_EQ(project_->lake->labels({}, kLabelLayer)[0].revision, 2);
  const auto unknown = file("labels/u.jsonl", R"({"key":"nobody","objects":[]})");
  EXPECT_EQ(bring("jsonl", unknown).rejects.count(), 1U);
}

TEST_F(Ingest, PredictionsOfAModelMadeElsewhere) {
  (void)file("a.jpg", picture(64, 48, 1));
  const auto lines = file(
      "p.jsonl", R"({"image":"a.jpg","predictions":[{"class":"car","score":0.5,"box":[1,2,30,40],)"
                 R"("probabilities":[0.5,0.5],"aleatoric":[1,1,1,1]}]})");
  ImportOptions options;
  options.read.content = formats::Content::kPredictions;
  EXPECT_THROW((void)bring("jsonl", lines, options), Error);
  options.model = "v7";
  EXPECT_EQ(bring("jsonl", lines, options).predictions_added, 1U);
  EXPECT_EQ(bring("jsonl", lines, options).predictions_added, 0U);
  const auto id = project_->catalog->query("SELECT id FROM models WHERE name = 'v7'").at(0).text(0);
  const auto outputs = project_->lake->predictions(id);
  ASSERT_EQ(outputs.size(), 1U);
  EXPECT_EQ(outputs[0].set.predictions.at(0).probabilities, (std::vector<double>{0.5, 0.5}));
}

TEST_F(Ingest, SequencesByFolderNumberTheirFrames) {
  for (const char* name : {"s1/b.jpg", "s1/a.jpg", "s2/a.jpg"}) {
    (void)file(std::string("drive/") + name, picture(16, 16, name[1] + name[3]));
  }
  ImportOptions options;
  options.sequences = Sequences::kByFolder;
  options.prefix = "day1/";
  (void)bring("images", folder_.path() / "data" / "drive", options);
  const auto samples = project_->lake->samples();
  ASSERT_EQ(samples.size(), 3U);
  EXPECT_EQ(samples[1].key, "day1/s1/b");
  EXPECT_EQ(samples[1].sequence, "day1/s1");
  EXPECT_EQ(samples[1].frame, 1);
}

TEST(Keys, TwoExtensionsOfOneNameKeepThem) {
  std::vector<formats::Record> records(3);
  records[0].sample.file_name = "a.jpg";
  records[1].sample.file_name = "a.png";
  records[2].sample.file_name = "b.c.jpg";
  Rejects rejects;
  assign_keys(records, {}, rejects);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].sample.key, "a.jpg");
  EXPECT_EQ(records[1].sample.key, "a.png");
  EXPECT_EQ(records[2].sample.key, "b.c");
}

TEST(SameLabels, OrderAndHundredthsOfAPixelDoNotMatter) {
  const Label a{.object = "1", .class_name = "car", .box = {1, 2, 30, 40}};
  const Label b{.object = "2", .class_name = "car", .box = {100, 2, 130, 40}};
  Label near = b;
  near.box.x1 += 0.004;
  EXPECT_TRUE(same_labels({a, b}, {near, a}));
  near.box.x1 += 0.1;
  EXPECT_FALSE(same_labels({a, b}, {near, a}));
  near = b;
  near.ignore = true;
  EXPECT_FALSE(same_labels({a, b}, {a, near}));
}

TEST_F(Ingest, WhatIsExportedIsImportedIntoAnotherProject) {
  (void)file("a.jpg", picture(64, 48, 1));
  (void)file("b.jpg", picture(64, 48, 2));
  const auto lines = file(
      "rows.jsonl",
      R"({"image":"a.jpg","sequence":"s","frame":3,"objects":[{"class":"car","box":[1,2,30,40],"track":"t"}],)"
      R"("layers":{"lidar":[{"class":"cluster","box":[0,0,5,5]}]},"flags":[{"reason":"odd","by":"anna"}]})"
      "\n"
      R"({"image":"b.jpg"})");
  (void)bring("jsonl", lines);
  for (const std::string format : {"jsonl", "coco", "cvat", "yolo", "voc"}) {
    SCOPED_TRACE(format);
    const bool is_file = format == "jsonl" || format == "coco";
    const auto out = folder_.path() / ("out_" + format) /
                     (is_file ? "out." + (format == "coco" ? "json" : format) : "x");
    const Json written =
        export_samples(*project_, {.format = format, .out = out, .pictures = true});
    EXPECT_EQ(written["written"].get<int>(), format == "jsonl" ? 2 : 1) << written.dump();
    EXPECT_THROW((void)export_samples(*project_, {.format = format, .out = out}), Error);
    auto other = test_project(folder_.path() / ("other_" + format), project_->config);
    make_folders(other.state_folder());
    const auto report = import(other, {.format = format, .path = out});
    EXPECT_EQ(report.rejects.count(), 0U)
        << (report.rejects.count() > 0 ? report.rejects.rows()[0].reason : "");
    EXPECT_EQ(report.samples_added,
              format == "voc" ? 1U : 2U);  // unlabelled ones have no file there
    EXPECT_EQ(report.labels_added, 1U);
    EXPECT_EQ(report.label_sets_added, format == "jsonl" ? 2U : format == "cvat" ? 2U : 1U);
    EXPECT_EQ(report.flags_added, format == "jsonl" ? 1U : 0U);
  }
}

TEST_F(Ingest, FlagsOfPeople) {
  (void)bring("images", file("pics/a.jpg", picture(64, 48, 1)).parent_path());
  const FlagOptions options{
      .sample = "a", .reason = "missed", .box = Box{1, 2, 30, 48.5}, .author = "anna"};
  const Json first = flag(*project_, options);
  EXPECT_TRUE(first["added"].get<bool>());
  EXPECT_EQ(first["box"][3].get<double>(), 48);
  EXPECT_FALSE(flag(*project_, options)["added"].get<bool>());
  EXPECT_THROW((void)flag(*project_, {.sample = "a", .reason = " "}), Error);
  EXPECT_THROW((void)flag(*project_, {.sample = "a", .reason = "x", .box = Box{5, 5, 1, 1}}),
               Error);
  EXPECT_THROW((void)flag(*project_, {.sample = "a", .reason = "x", .box = Box{1, 2, 30, 60}}),
               Error);  // leaves the picture
  EXPECT_THROW((void)flag(*project_, {.sample = "b", .reason = "x"}), Error);
}

}  // namespace
}  // namespace spotter::ingest
