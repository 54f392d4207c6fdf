// KITTI object detection: one text file a frame with 2D boxes and 3D objects, point clouds beside
// it. What kitti.cc, kitti_rows.cc and kitti_sensor.cc share; private to this folder.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/format.h"
#include "kernels/point_clusters.h"

namespace spotter::formats {

// The layer of what the lidar sees.
inline constexpr const char* kLidarLayer = "lidar";

struct KittiRow {
  std::size_t line = 0;  // from 1
  std::string class_name;
  double truncated = 0;
  double occluded = 0;
  std::optional<Box> box;  // absent where all four are 0
  // A 3D object; camera frame (bottom centre) where there is a calibration, else lidar (centre).
  bool in_3d = false;
  double height_m = 0, width_m = 0, length_m = 0;
  double x = 0, y = 0, z = 0;
  double rotation = 0;
  double score = 1;
  [[nodiscard]] bool ignore() const { return class_name == "DontCare"; }
};

// One line: 15 fields, 16 with a score, or 14 where the fourth (alpha) is left out, as a generator
// of real files does. Gives why not, or an empty text.
[[nodiscard]] std::string parse_kitti_row(std::string_view text, KittiRow& row);

// Where a frame's cameras and lidar stand to each other: P2, R0_rect and Tr_velo_to_cam.
struct KittiCalibration {
  kernels::Projection image_from_camera{};  // rectified
  kernels::Projection camera_from_lidar{};  // rigid
};
// Throws kInvalid when a matrix is missing or broken.
[[nodiscard]] KittiCalibration read_kitti_calibration(const std::filesystem::path& file);

// Pose and time of a frame, from metadata.json.
struct KittiPose {
  double time_s = 0;
  double x_m = 0, y_m = 0, yaw_rad = 0;
};
// By stem of the label file. Reads line by line, because these files are often broken JSON whose
// lines are whole; of lines about one frame the last counts.
[[nodiscard]] std::map<std::string, KittiPose> read_kitti_poses(const std::filesystem::path& file);

// A map from the lidar's ground plane to the picture, learned from lines that have both boxes,
// where there is no calibration.
struct GroundMap {
  kernels::Projection image_from_lidar{};  // of a point on the ground; ignores z
  double width = 0;                        // of a box in pixels, times metres in front
  double height = 0;
};

// Cross-fitted: the frames in five stretches of time, each placed by a map learned from the other
// four, so that no frame's own matches say where its objects are. Where they are too few for that,
// one map of all.
struct GroundMaps {
  std::map<std::string, GroundMap> by_first;  // by the first stem of the stretch
  std::size_t pairs = 0;                      // lines with both boxes
  double error_median_px = 0;                 // of these lines, each by its frame's map
  [[nodiscard]] bool held_out() const { return by_first.size() > 1; }
  [[nodiscard]] const GroundMap* of(const std::string& stem) const;  // nullptr = none was learned
};
[[nodiscard]] GroundMaps learn_ground_maps(
    const std::map<std::string, std::vector<KittiRow>>& rows);

struct SensorView {
  const KittiCalibration* calibration = nullptr;  // either, or neither
  const GroundMap* ground = nullptr;
  kernels::PointCloud cloud;  // empty = no sweep
  int width = 0;              // of the picture; 0 = unknown
  int height = 0;
};
struct SensorObjects {
  LabelSet set;             // those that the picture can show
  std::size_t outside = 0;  // of the picture, or behind the camera
};
// 3D objects of label lines as boxes in the picture, with attributes distance_m, height_m, width_m,
// length_m, points (where there is a sweep), x, y, z (metres, lidar frame, centre).
[[nodiscard]] SensorObjects labelled_objects(const std::vector<KittiRow>& rows,
                                             const SensorView& view);
// The same for clusters of the sweep's own points, class "cluster".
[[nodiscard]] SensorObjects clustered_objects(const SensorView& view);

}  // namespace spotter::formats
