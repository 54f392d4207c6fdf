#include "formats/coco_columns.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "formats/row_pieces.h"

namespace spotter::formats {
namespace {

constexpr const char* kTruth =
    R"({"images":[{"id":2,"width":100,"height":80},{"id":1,"width":100,"height":80}],
 "categories":[{"id":7,"name":"cone"},{"id":3,"name":"car"}],
 "annotations":[{"id":1,"image_id":2,"category_id":7,"bbox":[10,10,40,40],"area":1600,"iscrowd":0,
                 "segmentation":[[10,10,50,10,50,50,10,50]]}]})";

CocoPair read(const std::string& truth, const std::string& results,
              Overlap overlap = Overlap::kBox) {
  const TemporaryFolder folder;
  write_file_atomic(folder.path() / "gt.json", truth);
  write_file_atomic(folder.path() / "dt.json", results);
  return read_coco_pair(folder.path() / "gt.json", folder.path() / "dt.json", overlap);
}

std::string row(int image, const std::string& extra = "") {
  return fmt::format(R"({{"image_id":{},"category_id":7,"bbox":[1,2,3,4],"score":0.5{}}})", image,
                     extra);
}

TEST(CutList, PiecesHoldWholeRows) {
  const auto pieces = cut_list(" [ {\"a\":1} , {\"b\":2},{\"c\":3} ] ", 4);
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_EQ(pieces[0], " {\"a\":1} ");
  EXPECT_EQ(pieces[1], " {\"b\":2}");
  EXPECT_EQ(pieces[2], "{\"c\":3} ");
  EXPECT_EQ(cut_list("[]").size(), 1U);
  EXPECT_TRUE(cut_list("").empty());
  EXPECT_TRUE(cut_list("{\"a\":1}").empty());
  EXPECT_TRUE(cut_list("[").empty());
}

TEST(CocoColumns, PositionsFollowTheSortedIds) {
  const auto pair = read(kTruth, "[" + row(1) + "," + row(2) + "]");
  EXPECT_EQ(pair.size.images, 2);
  EXPECT_EQ(pair.class_names, (std::vector<std::string>{"car", "cone"}));
  EXPECT_EQ(pair.detections.image, (std::vector<std::int32_t>{0, 1}));
  EXPECT_EQ(pair.detections.category, (std::vector<std::int32_t>{1, 1}));
  EXPECT_EQ(pair.detections.area, (std::vector<double>{12, 12}));
}

// Several pieces, and a text that looks like the border between two rows right where a cut would be
// made.
TEST(CocoColumns, LargeFilesKeepTheOrderAndTheNumbersOfRows) {
  for (const bool trap : {false, true}) {
    std::string text = "[";
    const std::string filler(kPieceBytes / 4, 'x');
    for (int i = 0; i < 12; ++i) {
      const std::string note = trap ? filler + "},{" + filler : filler;
      text +=
          (i == 0 ? "" : ",") + row(i == 9 ? 5 : 1 + i % 2, fmt::format(R"(,"note":"{}")", note));
    }
    const auto pair = read(kTruth, text + "]");
    ASSERT_EQ(pair.detections.size(), 11U);
    for (std::size_t i = 0; i < 9; ++i) {
      EXPECT_EQ(pair.detections.image[i], static_cast<std::int32_t>(i % 2));
    }
    ASSERT_EQ(pair.rejects.count(), 1U);
    EXPECT_EQ(pair.rejects.rows()[0].where, "result 10");
  }
}

TEST(CocoColumns, RejectsBadRowsAndKeepsTheOthers) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"image_id":1,"category_id":9,"bbox":[1,2,3,4],"score":0.5})", "category_id 9"},
      {R"({"image_id":1.5,"category_id":7,"bbox":[1,2,3,4],"score":0.5})", "no whole number"},
      {R"({"image_id":1,"category_id":7,"bbox":[1,2,"3",4],"score":0.5})", "no finite number"},
      {R"({"image_id":1,"category_id":7,"bbox":[1,2,3,-4],"score":0.5})", "negative"},
      {R"({"image_id":1,"category_id":7,"bbox":[1,2,3,4],"score":null})", "score"},
      {R"([1,2])", "image_id"},
  };
  for (const auto& [text, reason] : cases) {
    const auto pair = read(kTruth, "[" + row(1) + "," + text + "," + row(2) + "]");
    EXPECT_EQ(pair.detections.size(), 2U) << text;
    ASSERT_EQ(pair.rejects.count(), 1U) << text;
    EXPECT_NE(pair.rejects.rows()[0].reason.find(reason), std::string::npos)
        << pair.rejects.rows()[0].reason;
    EXPECT_EQ(pair.rejects.rows()[0].where, "result 2");
  }
}

TEST(CocoColumns, RefusesBrokenFiles) {
  const std::string deep = "[" + std::string(5000, '[') + std::string(5000, ']') + "]";
  for (const std::string text : {"", "[{\"image_id\":1", "{}", "7", "[NaN]", "[{\"image_id\":1,}]",
                                 "[\xff]", deep.c_str(), "[1] x"}) {
    EXPECT_THROW(static_cast<void>(read(kTruth, text)), Error) << text.substr(0, 40);
    EXPECT_THROW(static_cast<void>(read(text, "[]")), Error) << text.substr(0, 40);
  }
}

TEST(CocoColumns, BoxesStandForMasksThatAreMissing) {
  const auto pair =
      read(kTruth, R"([{"image_id":2,"category_id":7,"bbox":[10,10,40,40],"score":0.5}])",
           Overlap::kMask);
  ASSERT_EQ(pair.detections.mask.size(), 1U);
  EXPECT_EQ(pair.detections.mask[0].area(), 1600U);
  EXPECT_EQ(kernels::rle_intersection(pair.detections.mask[0], pair.truths.mask[0]), 1600U);
  EXPECT_EQ(pair.detections.area[0], 1600);
  const auto far = read(kTruth,
                        R"([{"image_id":2,"category_id":7,"bbox":[1e300,1,4,4],"score":0.5},
               {"image_id":2,"category_id":7,"bbox":[10,10,40,40],"score":0.5}])",
                        Overlap::kMask);
  EXPECT_EQ(far.rejects.count(), 1U);
}

TEST(CocoColumns, RefusesMasksThatDoNotFillTheirPicture) {
  const auto row = [](const std::string& mask) {
    return fmt::format(R"({{"image_id":1,"category_id":7,"score":0.5,"segmentation":{}}})", mask);
  };
  const std::string good = row(R"({"size":[80,100],"counts":[10,5,7985]})");
  for (const std::string mask :
       {R"({"size":[80,100],"counts":[10,5]})", R"({"size":[80,100],"counts":"~~~"})",
        R"({"size":[80,100],"counts":"ooooooooooooooo"})", R"({"size":[-1,100],"counts":""})",
        R"({"size":[40,100],"counts":[4000]})", R"([[1,2,3]])", R"("x")", R"([[1,2,1e9,4,5,6]])"}) {
    const auto pair = read(kTruth, "[" + row(mask) + "," + good + "]", Overlap::kMask);
    EXPECT_EQ(pair.rejects.count(), 1U) << mask;
    ASSERT_EQ(pair.detections.size(), 1U);
    EXPECT_EQ(pair.detections.area[0], 5);
    EXPECT_THROW(read(kTruth, "[" + row(mask) + "]", Overlap::kMask), Error)
        << "nothing that can be measured";
  }
}

}  // namespace
}  // namespace spotter::formats
