#include <cmath>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "formats/convert.h"
#include "formats/format.h"
#include "formats/jsonl.h"
#include "media/image.h"

namespace spotter::formats {
namespace {

namespace fs = std::filesystem;
const std::vector<std::string> kClasses = {"car", "traffic light", "c<\"&'>é"};

struct Holds {  // what a format is able to keep
  bool crowd = false;
  bool ignore = false;
  bool track = false;
  bool attributes = false;
  double tolerance_px = 1e-9;
};

Holds holds_of(std::string_view format) {
  if (format == "voc") {
    return {.ignore = true};
  }
  if (format == "yolo") {
    return {.tolerance_px = 1e-9};
  }
  return {.crowd = true, .ignore = true, .track = true, .attributes = true};
}

Label random_label(Rng& rng, int width, int height, const Holds& holds, std::size_t index) {
  Label label{.object = fmt::format("{}", index + 1),
              .class_name = kClasses[rng.index(kClasses.size())]};
  const auto place = [&](int size) {
    const double from = std::floor(rng.uniform(0, size - 4) * 8) / 8;
    return std::pair(from,
                     std::min(double(size), from + 2 + std::floor(rng.uniform(0, size) * 8) / 8));
  };
  std::tie(label.box.x1, label.box.x2) = place(width);
  std::tie(label.box.y1, label.box.y2) = place(height);
  label.crowd = holds.crowd && rng.chance(0.1);
  label.ignore = holds.ignore && !label.crowd && rng.chance(0.2);
  label.track = holds.track && rng.chance(0.3) ? fmt::format("s/{}", index) : "";
  label.attributes = holds.attributes && rng.chance(0.3)
                         ? R"({"occluded":true,"note":"a \"b\" <c>","speed":1.5})"
                         : "";
  return label;
}

std::vector<WriteItem> random_items(std::uint64_t seed, const Holds& holds,
                                    const fs::path& images) {
  Rng rng(seed, "round trip");
  std::vector<WriteItem> items;
  for (int i = 0; i < 12; ++i) {
    WriteItem item;
    item.sample.key = fmt::format("dir {}/pic.{}", i % 3, i);
    item.sample.file_name = item.sample.key + ".png";
    item.sample.width = static_cast<int>(20 + rng.index(60));
    item.sample.height = static_cast<int>(20 + rng.index(60));
    item.labels = LabelSet{};
    for (std::uint64_t n = rng.index(5); n > 0; --n) {
      item.labels->labels.push_back(random_label(rng, item.sample.width, item.sample.height, holds,
                                                 item.labels->labels.size()));
    }
    media::Image image{.width = item.sample.width, .height = item.sample.height};
    image.rgb.resize(static_cast<std::size_t>(image.width * image.height) * 3, 99);
    write_file_atomic(images / item.sample.file_name, media::encode_png(image), Sync::kNone);
    items.push_back(std::move(item));
  }
  return items;
}

void expect_equal(const Label& got, const Label& wanted, double tolerance_px) {
  EXPECT_EQ(got.class_name, wanted.class_name);
  EXPECT_NEAR(got.box.x1, wanted.box.x1, tolerance_px);
  EXPECT_NEAR(got.box.y1, wanted.box.y1, tolerance_px);
  EXPECT_NEAR(got.box.x2, wanted.box.x2, tolerance_px);
  EXPECT_NEAR(got.box.y2, wanted.box.y2, tolerance_px);
  EXPECT_EQ(got.crowd, wanted.crowd);
  EXPECT_EQ(got.ignore, wanted.ignore);
  EXPECT_EQ(got.track, wanted.track);
  EXPECT_EQ(got.attributes, wanted.attributes);
}

class RoundTrip : public testing::TestWithParam<std::string> {};

TEST_P(RoundTrip, WhatIsWrittenIsRead) {
  const Format& format = format_named(GetParam());
  const Holds holds = holds_of(format.name);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const TemporaryFolder folder;
    const auto images = folder.path() / "images";
    const auto items = random_items(seed, holds, images);
    const auto out = folder.path() / (format.name == "coco"    ? "out.json"
                                      : format.name == "jsonl" ? "out.jsonl"
                                                               : "out");
    const auto written = format.write(out, items, kClasses);
    EXPECT_EQ(written.dropped, 0U);
    EXPECT_EQ(written.samples, items.size());
    std::map<std::string, WriteItem> back;
    const ReadOptions options{.images = images, .voc_base = 1};
    const auto report = read_with(format, out, options, [&](Record record) {
      EXPECT_FALSE(record.image.empty()) << record.image_problem;
      const auto name = record.sample.file_name;
      EXPECT_TRUE(back.emplace(name, item_of(std::move(record))).second);
    });
    for (const auto& reject : report.rejects.rows()) {
      ADD_FAILURE() << reject.file << " " << reject.where << ": " << reject.reason;
    }
    EXPECT_EQ(report.objects, written.written);
    ASSERT_EQ(back.size(), items.size());
    for (const auto& item : items) {
      const auto& labels = back.at(item.sample.file_name).labels;
      ASSERT_TRUE(labels.has_value());
      ASSERT_EQ(labels->labels.size(), item.labels->labels.size());
      for (std::size_t i = 0; i < labels->labels.size(); ++i) {
        expect_equal(labels->labels[i], item.labels->labels[i], holds.tolerance_px);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, RoundTrip,
                         testing::Values("coco", "voc", "yolo", "jsonl", "cvat"),
                         [](const auto& test) { return test.param; });

TEST(RoundTripPredictions, ScoresSurviveInFormatsThatHaveThem) {
  WriteItem item{.sample = {.key = "a", .file_name = "a.png", .width = 40, .height = 30}};
  item.predictions = PredictionSet{};
  item.predictions->predictions.push_back(
      {.class_name = "car", .score = 0.875, .box = {1, 2, 30, 20}});
  for (const std::string name : {"coco", "yolo", "jsonl", "cvat"}) {
    SCOPED_TRACE(name);
    const TemporaryFolder folder;
    media::Image image{.width = 40, .height = 30};
    image.rgb.resize(3600, 7);
    write_file_atomic(folder.path() / "images" / "a.png", media::encode_png(image));
    const bool file = name == "coco" || name == "jsonl";
    const auto out = folder.path() / (file ? "out." + name : "out");
    EXPECT_EQ(format_named(name).write(out, {&item, 1}, kClasses).written, 1U);
    ReadOptions options{.images = folder.path() / "images", .content = Content::kPredictions};
    auto in = out;
    if (name == "coco") {
      options.reference = out;
      in.replace_extension(".results.json");
    }
    std::vector<Record> back;
    (void)format_named(name).read(in, options,
                                  [&](Record record) { back.push_back(std::move(record)); });
    ASSERT_EQ(back.size(), 1U);
    ASSERT_TRUE(back[0].predictions && back[0].predictions->predictions.size() == 1);
    const auto& p = back[0].predictions->predictions[0];
    EXPECT_EQ(p.class_name, "car");
    EXPECT_DOUBLE_EQ(p.score, 0.875);
    EXPECT_NEAR(p.box.x2, 30, 1e-9);
    EXPECT_TRUE(back[0].labels.empty());
  }
}

TEST(Yolo, NumbersAreSharesOfTheUprightSize) {
  // A picture stored as 40x20 that its EXIF orientation 6 turns to 20x40.
  const TemporaryFolder folder;
  media::Image image{.width = 40, .height = 20};
  image.rgb.resize(2400, 128);
  std::string jpeg = media::encode_jpeg(image, 90);
  const std::string exif(
      "\xFF\xE1\0\x22"
      "Exif\0\0"
      "MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0",
      36);
  jpeg.insert(2, exif);
  write_file_atomic(folder.path() / "a.jpg", jpeg);
  write_file_atomic(folder.path() / "a.txt", "0 0.5 0.5 0.5 0.5\n");
  write_file_atomic(folder.path() / "classes.txt", "car\n");
  (void)format_named("yolo").read(folder.path(), {}, [](const Record& record) {
    EXPECT_EQ(record.sample.width, 20);
    EXPECT_EQ(record.sample.height, 40);
    EXPECT_EQ(record.labels.at(0).labels.at(0).box, (Box{5, 10, 15, 30}));
  });
}

TEST(Writers, UnlabelledSamplesAreLeftOutWhereAnEmptyFileWouldMeanNothingThere) {
  const WriteItem item{.sample = {.key = "a", .file_name = "a.jpg", .width = 40, .height = 30}};
  for (const std::string name : {"yolo", "voc"}) {
    const TemporaryFolder folder;
    const auto report = format_named(name).write(folder.path() / "out", {&item, 1}, kClasses);
    EXPECT_EQ(report.samples, 0U);
    EXPECT_EQ(report.notes.back(), "unlabelled samples not kept: 1");
  }
}

TEST(Writers, NamesThatClimbWriteNothingOutside) {
  WriteItem item{
      .sample = {.key = "../../evil", .file_name = "../../evil.jpg", .width = 40, .height = 30}};
  item.labels = LabelSet{};
  for (const std::string name : {"yolo", "voc"}) {
    const TemporaryFolder folder;
    const auto report =
        format_named(name).write(folder.path() / "a" / "b" / "out", {&item, 1}, kClasses);
    EXPECT_EQ(report.rejects.count(), 1U);
    for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
      EXPECT_EQ(entry.path().string().find("evil"), std::string::npos) << entry.path();
    }
  }
}

TEST(Formats, UnknownNamesGetAHintAndWrongFormatsAreNamed) {
  EXPECT_THROW((void)format_named("coko"), Error);
  const TemporaryFolder folder;
  write_file_atomic(folder.path() / "a.xml", "<annotation><filename>a.jpg</filename></annotation>");
  try {
    (void)read_with(format_named("coco"), folder.path(), {}, [](const Record&) {});
    FAIL() << "VOC was read as COCO";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("like \"voc\""), std::string::npos) << e.what();
  }
}

TEST(ImageFolder, LinksThatLeadOutsideAreRefused) {
  const TemporaryFolder folder;
  write_file_atomic(folder.path() / "secret.jpg", "x");
  make_folders(folder.path() / "data");
  fs::create_symlink(folder.path() / "secret.jpg", folder.path() / "data" / "a.jpg");
  write_file_atomic(folder.path() / "data.jsonl", "{\"image\":\"a.jpg\"}\n");
  (void)format_named("jsonl").read(
      folder.path() / "data.jsonl", {.images = folder.path() / "data"}, [](const Record& record) {
        EXPECT_TRUE(record.image.empty());
        EXPECT_NE(record.image_problem.find("leads out"), std::string::npos);
      });
}

}  // namespace
}  // namespace spotter::formats
