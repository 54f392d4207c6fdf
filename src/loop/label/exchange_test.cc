#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "loop/label/label.h"

namespace spotter::label {
namespace {

namespace fs = std::filesystem;

// The round trip through an outside tool, over both formats.
class LabelExchange : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    project_ =
        std::make_unique<Project>(init_project(folder_.path() / "p", {.classes = {"red", "blue"}}));
    std::vector<Sample> samples;
    std::vector<LabelSet> labels;
    for (int i = 0; i < 4; ++i) {
      const std::string key = fmt::format("w1/s{}/0", i);
      samples.push_back({.key = key,
                         .media = project_->blobs->put("bytes of " + key),
                         .media_type = "image/png",
                         .file_name = fmt::format("deep/er/pic {}.png", i),
                         .width = 100,
                         .height = 80});
      if (i == 0) {
        labels.push_back(
            {.sample = key,
             .author = "import:coco",
             .created_at = 1,
             .labels = {
                 {.object = "7", .class_name = "red", .box = {10, 10, 30, 30}, .track = "t1"}}});
      }
    }
    project_->lake->add_samples("s", samples);
    project_->lake->add_labels("l", labels);
    create_batch(*project_, {.name = "b", .keys = {"w1/s0/0", "w1/s1/0", "w1/s2/0"}});
  }
  Json send() {
    return export_batch(*project_,
                        {.batch = "b", .format = GetParam(), .out = folder_.path() / "out"});
  }
  // What the outside team returns: the exported file with one box moved and one drawn on the second
  // picture.
  fs::path relabelled() const {
    const bool cvat = GetParam() == "cvat";
    const fs::path file = folder_.path() / "out" / (cvat ? "annotations.xml" : "annotations.json");
    if (cvat) {
      std::string text = read_file(file);
      const auto image = text.find("<image", text.find("00001_") - 40);
      const auto end = text.find("</image>", image);
      const auto closed = text.find("/>", image);
      const std::string box =
          R"(<box label="blue" occluded="0" xtl="1" ytl="2" xbr="11" ybr="12" z_order="0"></box>)";
      if (closed != std::string::npos && closed < end) {
        text.replace(closed, 2, ">" + box + "</image>");
      } else {
        text.insert(end, box);
      }
      text.replace(text.find("xtl=\"10"), 7, "xtl=\"14");
      write_file_atomic(folder_.path() / "back.xml", text);
      return folder_.path() / "back.xml";
    }
    Json document = read_json(file);
    document["annotations"][0]["bbox"] = {14, 10, 16, 20};
    const auto category = document["categories"][1]["id"];
    for (const auto& image : document["images"]) {
      if (image["file_name"].get<std::string>().find("00001_") != std::string::npos) {
        document["annotations"].push_back({{"id", 99},
                                           {"image_id", image["id"]},
                                           {"category_id", category},
                                           {"bbox", {1, 2, 10, 10}},
                                           {"area", 100},
                                           {"iscrowd", 0}});
      }
    }
    write_json(folder_.path() / "back.json", document);
    return folder_.path() / "back.json";
  }
  [[nodiscard]] std::int64_t revisions() const {
    return project_->lake->query("SELECT count(*) FROM label_sets").integer(0, 0);
  }

  TemporaryFolder folder_;
  std::unique_ptr<Project> project_;
};

TEST_P(LabelExchange, ComesBackUnchangedAsItWentOut) {
  const Json sent = send();
  EXPECT_EQ(sent["samples"], 3);
  EXPECT_EQ(sent["labels"], 1);
  EXPECT_EQ(batch_status(*project_, "b")["state"], "exported");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path() / "out" / "images"),
                          fs::directory_iterator()),
            3);
  const Json back = import_batch(
      *project_, {.batch = "b", .format = GetParam(), .path = sent["file"].get<std::string>()});
  EXPECT_EQ(back["labels_added"], 0);
  EXPECT_EQ(back["unchanged"], 1);
  EXPECT_EQ(back["changed"], 2);  // looked at for the first time: nothing there
  EXPECT_EQ(batch_status(*project_, "b")["state"], "done");
}

TEST_P(LabelExchange, ShowsWhatChangesBeforeItIsTaken) {
  send();
  const ImportOptions options{
      .batch = "b", .format = GetParam(), .path = relabelled(), .seconds = 90};
  auto preview = options;
  preview.dry_run = true;
  const Json shown = import_batch(*project_, preview);
  EXPECT_EQ(shown["labels_moved"], 1);
  EXPECT_EQ(shown["labels_added"], 1);
  EXPECT_EQ(revisions(), 1);
  EXPECT_EQ(batch_status(*project_, "b")["tasks"]["open"], 3);
  const Json taken = import_batch(*project_, options);
  EXPECT_EQ(taken["differences"], shown["differences"]);
  const auto sets = project_->lake->labels({}, kLabelLayer);
  ASSERT_EQ(sets.size(), 3U);
  EXPECT_EQ(sets[0].revision, 2);
  EXPECT_EQ(sets[0].labels[0].object, "7");
  EXPECT_EQ(sets[0].labels[0].track, "t1");
  EXPECT_EQ(sets[0].labels[0].box, (Box{14, 10, 30, 30}));
  EXPECT_EQ(sets[1].labels[0].class_name, "blue");
  EXPECT_EQ(batch_status(*project_, "b")["human_minutes"], 1.5);
  EXPECT_EQ(project_->catalog->query("SELECT sum(seconds) FROM ledger WHERE kind = 'human'")
                .at(0)
                .real(0),
            90);
  const auto before = revisions();
  import_batch(*project_, options);
  EXPECT_EQ(revisions(), before);
  EXPECT_EQ(project_->catalog->query("SELECT sum(seconds) FROM ledger WHERE kind = 'human'")
                .at(0)
                .real(0),
            90);
}

TEST_P(LabelExchange, WrongWishesAreRefusedAndChangeNothing) {
  send();
  EXPECT_THROW(send(), Error);  // the folder is not empty
  EXPECT_THROW(
      export_batch(*project_, {.batch = "b", .format = "yolo", .out = folder_.path() / "o"}),
      Error);
  EXPECT_THROW(
      import_batch(*project_, {.batch = "b", .format = GetParam(), .path = folder_.path() / "no"}),
      Error);
  write_file_atomic(folder_.path() / "broken", "{ <");
  EXPECT_THROW(
      import_batch(*project_,
                   {.batch = "b", .format = GetParam(), .path = folder_.path() / "broken"}),
      Error);
  EXPECT_EQ(revisions(), 1);
}

INSTANTIATE_TEST_SUITE_P(Formats, LabelExchange, ::testing::Values("cvat", "coco"),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace spotter::label
