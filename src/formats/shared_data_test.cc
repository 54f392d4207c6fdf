#include <cstdlib>

#include <gtest/gtest.h>

#include "base/files.h"
#include "formats/convert.h"
#include "formats/format.h"

// Files of other tools, as their own test sets have them (shared data).
namespace spotter::formats {
namespace {

namespace fs = std::filesystem;

struct Totals {
  std::size_t samples = 0;
  std::size_t labels = 0;
  std::size_t pictures = 0;  // found
  ReadReport report;
};

class SharedData : public testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("SPOTTER_SHARED");
    root_ = fs::path(folder == nullptr ? "../shared" : folder) / "data";
    if (!fs::is_directory(root_)) {
      GTEST_SKIP() << "skipped: shared data is not there: " << root_;
    }
  }

  Totals read(const char* format, const fs::path& path, const ReadOptions& options = {}) {
    Totals totals;
    totals.report =
        read_with(format_named(format), root_ / path, options, [&](const Record& record) {
          ++totals.samples;
          totals.pictures += record.image.empty() ? 0 : 1;
          for (const auto& set : record.labels) {
            totals.labels += set.labels.size();
          }
        });
    EXPECT_EQ(totals.labels, options.content == Content::kLabels ? totals.report.objects : 0);
    return totals;
  }

  fs::path root_;
};

TEST_F(SharedData, BloodCellsHaveOneBoxWithoutSize) {
  const auto totals = read("voc", "det-bccd");
  EXPECT_EQ(totals.samples, 243U);
  EXPECT_EQ(totals.pictures, 243U);
  EXPECT_EQ(totals.labels, 3263U);
  ASSERT_EQ(totals.report.rejects.count(), 1U);
  const auto& reject = totals.report.rejects.rows().front();
  EXPECT_NE(reject.file.find("BloodImage_00338.xml"), std::string::npos);
  EXPECT_EQ(reject.where, "object 13 \"RBC\"");
}

TEST_F(SharedData, ArraysOfPicturesAreReadPackedOrNot) {
  EXPECT_EQ(read("idx", "cls-fashion-sprite").labels, 600U);
  const auto mnist = read("idx", "label-errors/mnist");
  EXPECT_EQ(mnist.labels, 10'000U);
  EXPECT_EQ(mnist.report.classes.size(), 10U);
}

TEST_F(SharedData, CardsAreRead) {
  const auto totals = read("voc", "det-cards/train");
  EXPECT_EQ(totals.samples, 222U);
  EXPECT_EQ(totals.pictures, 222U);
  EXPECT_EQ(totals.labels, 393U);
  EXPECT_EQ(totals.report.rejects.count(), 0U);
  EXPECT_EQ(totals.report.classes.size(), 6U);
}

TEST_F(SharedData, CocoTruthAndResults) {
  const fs::path truth = "eval-coco/cocoapi/instances_val2014_100.json";
  const auto labels = read("coco", truth);
  EXPECT_EQ(labels.samples, 100U);
  EXPECT_EQ(labels.labels + labels.report.rejects.count(), 839U);
  EXPECT_EQ(labels.report.classes.size(), 80U);
  const auto results = read("coco", "eval-coco/cocoapi/instances_val2014_fakebbox100_results.json",
                            {.reference = root_ / truth, .content = Content::kPredictions});
  EXPECT_EQ(results.report.objects + results.report.rejects.count(), 734U);
}

TEST_F(SharedData, DatumaroFixtures) {
  const fs::path datumaro = "formats/datumaro";
  const auto coco = read("coco", datumaro / "coco_dataset/coco");
  EXPECT_EQ(coco.samples, 2U);
  EXPECT_EQ(coco.pictures, 2U);
  EXPECT_EQ(coco.labels, 3U);
  const auto voc = read("voc", datumaro / "voc_dataset/voc_dataset1");
  EXPECT_EQ(voc.samples, 1U);
  EXPECT_EQ(voc.labels, 2U) << "the part's box is no object";
  const auto cvat = read("cvat", datumaro / "cvat_dataset/for_images/export_task/train.xml");
  EXPECT_EQ(cvat.samples, 2U);
  EXPECT_EQ(cvat.pictures, 2U);
  EXPECT_GE(cvat.labels, 1U);
  for (const char* layout : {"strict", "labels", "annotations"}) {
    const auto yolo = read("yolo", datumaro / "yolo_dataset" / layout);
    EXPECT_EQ(yolo.labels, std::string_view(layout) == "labels" ? 4U : 2U) << layout;
  }
}

TEST_F(SharedData, LabelStudioYolo) {
  const auto yolo = read("yolo", "formats/label-studio/test_import_yolo_data");
  EXPECT_EQ(yolo.samples, 2U);
  EXPECT_GE(yolo.report.rejects.count(), 5U) << "label files without a picture";
}

}  // namespace
}  // namespace spotter::formats
