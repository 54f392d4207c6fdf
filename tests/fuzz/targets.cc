#include "targets.h"

#include <cstdlib>
#include <filesystem>

#include "base/attempt.h"
#include "base/files.h"
#include "base/json.h"
#include "formats/convert.h"
#include "formats/format.h"
#include "formats/jsonl.h"
#include "formats/mot_rows.h"
#include "formats/trajectory_predictions.h"
#include "formats/trajectory_rows.h"
#include "kernels/track_metrics.h"
#include "loop/evaluate/trajectory_score.h"
#include "media/image.h"

namespace spotter::fuzz {
namespace {

namespace fs = std::filesystem;
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

void mot(std::string_view bytes) {
  read_as("mot", "a.txt", bytes);
  read_as("mot", "a.txt", bytes, formats::Content::kPredictions);
}

// The bytes as a file of its own, for what is read without a project.
fs::path file_of(const char* name, std::string_view bytes) {
  static const TemporaryFolder folder("spotter-fuzz");
  write_file_atomic(folder.path() / name, bytes, Sync::kNone);
  return folder.path() / name;
}

void mot_score(std::string_view bytes) {
  const auto file = file_of("mot.txt", bytes);
  (void)problem_of([&] {
    const auto pair = formats::read_mot_pair({"a", file, file});
    (void)kernels::tally_tracks(pair.truths, pair.outputs, {});
    (void)kernels::tally_tracks(pair.truths, pair.outputs,
                                {.rules = kernels::ClearRules::kTrackeval});
  });
}

void score_agents(const std::vector<formats::AgentTrack>& agents) {
  (void)evaluate::score_trajectories(agents, {.observed = 2, .predicted = 1}, 1,
                                     [](const std::string&, std::int64_t) { return nullptr; });
}

void ucy(std::string_view bytes) {
  const auto file = file_of("ucy.txt", bytes);
  (void)problem_of([&] {
    Rejects rejects;
    score_agents(formats::read_ucy_tracks(file, rejects));
  });
}

void argoverse(std::string_view bytes) {
  const auto file = file_of("scenario.csv", bytes);
  (void)problem_of([&] {
    Rejects rejects;
    score_agents(formats::read_argoverse_tracks(file, rejects));
  });
}

void trajectory_predictions(std::string_view bytes) {
  const auto file = file_of("said.jsonl", bytes);
  (void)problem_of([&] {
    Rejects rejects;
    (void)formats::TrajectoryPredictions(file, {"a.txt"}, rejects);
  });
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
      {"mot", mot, {"1,1,10,20,30.5,4e1,1,3,0.5\n2,-1,10 20\t30,40;0.25\r\n\n3,1,1,1,1,1,0\n"}},
      {"mot_score", mot_score, {"1,1,10,20,30.5,40,1,3,0.5\n1,2,12,20,30,40,1\n2,2,10,20,30,40\n"}},
      {"ucy", ucy, {"0.0\t1.0\t13.4\t3.9\n10.0\t1.0\t13.9\t3.8\n20 1 1e1 -3\n0 2 1 1\n"}},
      {"argoverse",
       argoverse,
       {"track_id,object_type,timestep,position_x,position_y,focal_track_id\n7,vehicle,0,1.5,2,7\n"
        "7,vehicle,1,2.5,2,7\n7,vehicle,2,3.5,2,7\nAV,bus,0,1,1,7\n"}},
      {"trajectory_predictions",
       trajectory_predictions,
       {R"({"agent":1,"frame":10,"modes":[{"probability":0.5,"path":[[1,2],[3,4.5]]}]})"
        "\n"
        R"({"file":"a","agent":"b","frame":20,"modes":[{"path":[[1,2,3]]}]})"}},
      {"image", image, pictures()},
  };
}

}  // namespace spotter::fuzz
