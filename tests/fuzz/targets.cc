#include "targets.h"

#include <cstdlib>

#include "base/attempt.h"
#include "base/files.h"
#include "base/json.h"
#include "formats/convert.h"
#include "formats/format.h"
#include "formats/jsonl.h"
#include "media/image.h"

namespace spotter::fuzz {
namespace {

using formats::Record;

// Reads the bytes as a file of this format; what is read must be sound and must survive being
// written.
void read_as(const char* format, const char* name, std::string_view bytes,
             formats::Content content = formats::Content::kLabels) {
  static const TemporaryFolder folder("spotter-fuzz");
  const auto file = folder.path() / format / name;
  write_file_atomic(file, bytes, Sync::kNone);
  formats::ReadOptions options{.content = content};
  options.classes = {"car", "bus"};
  options.reference = file;
  const auto path = std::string_view(format) == "yolo" ? file.parent_path() : file;
  (void)problem_of([&] {
    (void)formats::format_named(format).read(path, options, [](Record record) {
      for (const auto& set : record.labels) {
        for (const auto& label : set.labels) {
          if (!label.box.valid()) {
            std::abort();  // the promise of every reader
          }
        }
      }
      (void)parse_json(formats::jsonl_line(formats::item_of(std::move(record))), "what was read");
    });
  });
}

void coco(std::string_view bytes) {
  read_as("coco", "a.json", bytes);
}
void coco_results(std::string_view bytes) {
  read_as("coco", "a.json", bytes, formats::Content::kPredictions);
}
void voc(std::string_view bytes) {
  read_as("voc", "a.xml", bytes);
}
void jsonl(std::string_view bytes) {
  read_as("jsonl", "a.jsonl", bytes);
}
void cvat(std::string_view bytes) {
  read_as("cvat", "a.xml", bytes);
}
void yolo_rows(std::string_view bytes) {
  read_as("yolo", "a.txt", bytes);
}
void yolo_yaml(std::string_view bytes) {
  read_as("yolo", "data.yaml", bytes);
}

void image(std::string_view bytes) {
  (void)problem_of([&] {
    if (const auto info = media::probe(bytes, "fuzz");
        std::int64_t{info.width} * info.height < 1'000'000) {
      (void)media::decode(bytes, "fuzz");
      (void)media::thumbnail(bytes, 32, "fuzz");
    }
  });
}

std::vector<std::string> pictures() {
  media::Image picture{.width = 24, .height = 16};
  for (int i = 0; i < 24 * 16 * 3; ++i) {
    picture.rgb.push_back(static_cast<std::uint8_t>(i * 7));
  }
  return {media::encode_png(picture), media::encode_jpeg(picture, 80)};
}

}  // namespace

std::vector<Target> all_targets() {
  return {
      {"coco",
       coco,
       {R"({"images":[{"id":1,"file_name":"a/1.jpg","width":64,"height":48,"attributes":{"a":1}}],)"
        R"("categories":[{"id":3,"name":"car"}],"annotations":[{"id":1,"image_id":1,"category_id":3,)"
        R"("bbox":[10,20,30.5,4e0],"iscrowd":0,"attributes":{"b":"c"}}]})"}},
      {"coco_results",
       coco_results,
       {R"([{"image_id":1,"category_id":3,"bbox":[11,19,30,41],"score":0.91}])",
        R"({"images":[{"id":1,"file_name":"1.jpg"}],"categories":[{"id":3,"name":"car"}],)"
        R"("annotations":[{"image_id":1,"category_id":3,"bbox":[1,1,3,4],"score":0.5}]})"}},
      {"voc",
       voc,
       {"<annotation><filename>a.jpg</filename><size><width>640</width><height>480</height></size>"
        "<object><name>car</name><difficult>1</difficult><pose>Left</pose><bndbox><xmin>11</xmin>"
        "<ymin>21</ymin><xmax>40</xmax><ymax>60.5</ymax></bndbox></object></annotation>"}},
      {"jsonl",
       jsonl,
       {"{\"key\":\"a\",\"image\":\"a.jpg\",\"frame\":1,\"captured_at\":\"2026-11-24T05:30:00Z\","
        "\"layers\":"
        "{\"lidar\":[{\"class\":\"x\",\"box\":[1,2,3,4]}]},\"objects\":[{\"id\":1,\"class\":"
        "\"car\",\"box\":"
        "[1,2,3,4],\"v\":0.5}],\"predictions\":[{\"class\":\"car\",\"score\":0.5,\"box\":[1,2,3,4],"
        "\"aleatoric\":[1,1,1,1]}],\"flags\":[{\"reason\":\"r\"}]}\n{\"key\":\"b\"}\n"}},
      {"cvat",
       cvat,
       {"<annotations><meta><task><size>3</size><labels><label><name>car</name></label></labels></"
        "task></meta>"
        "<image id=\"0\" name=\"1.jpg\" width=\"9\" height=\"9\"><box label=\"car\" xtl=\"1\" "
        "ytl=\"2\" "
        "xbr=\"3\" ybr=\"4\" rotation=\"5\"><attribute name=\"a\">t</attribute></box><polygon "
        "label=\"bus\" "
        "points=\"1,2;3,4;5,1\"/></image><track id=\"0\" label=\"car\"><box frame=\"0\" xtl=\"1\" "
        "ytl=\"2\" "
        "xbr=\"3\" ybr=\"4\" outside=\"0\"/><box frame=\"2\" xtl=\"1\" ytl=\"2\" xbr=\"3\" "
        "ybr=\"4\" "
        "outside=\"1\"/></track></annotations>"}},
      {"yolo_rows",
       yolo_rows,
       {"0 0.5 0.5 0.2 0.2\n1 0.1 0.1 0.2 0.2 0.9\n0 0.1 0.1 0.2 0.2 0.3 0.1\n"}},
      {"yolo_yaml",
       yolo_yaml,
       {"path: .\ntrain: images/train\nval: [a.txt, b]\nnames:\n  0: car\n  1: bus\n"}},
      {"image", image, pictures()},
  };
}

}  // namespace spotter::fuzz
