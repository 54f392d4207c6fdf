#include <charconv>
#include <cmath>
#include <fstream>

#include <fmt/format.h>

#include "base/attempt.h"
#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "formats/kitti.h"
#include "formats/rows.h"

namespace spotter::formats {
namespace {

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> list;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t begin = text.find_first_not_of(" \t\r", i);
    if (begin == std::string_view::npos) {
      break;
    }
    const std::size_t end = std::min(text.find_first_of(" \t\r", begin), text.size());
    list.push_back(text.substr(begin, end - begin));
    i = end;
  }
  return list;
}

// "P2: a b c …" by name.
std::map<std::string, std::vector<double>, std::less<>> read_matrices(
    const std::filesystem::path& file) {
  std::map<std::string, std::vector<double>, std::less<>> matrices;
  for (const auto& line : split(read_file(file, 1 << 20), '\n')) {
    const auto parts = words(line);
    if (parts.size() < 2) {
      continue;
    }
    std::string name(parts[0]);
    if (name.back() == ':') {
      name.pop_back();
    }
    for (std::size_t i = 1; i < parts.size(); ++i) {
      matrices[name].push_back(parse_number(parts[i]).value_or(NAN));
    }
  }
  return matrices;
}

}  // namespace

std::string parse_kitti_row(std::string_view text, KittiRow& row) {
  const auto parts = words(text);
  if (parts.size() < 14 || parts.size() > 16) {
    return fmt::format("a line has 15 fields (16 with a score), this has {}", parts.size());
  }
  row.class_name = parts[0];
  if (!valid_utf8(row.class_name)) {
    return "the class is not UTF-8";
  }
  std::vector<double> numbers;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto number = parse_number(parts[i]);
    if (!number || !std::isfinite(*number)) {
      return fmt::format("field {} is \"{}\", not a finite number", i + 1, parts[i]);
    }
    numbers.push_back(*number);
  }
  if (parts.size() == 14) {
    numbers.insert(numbers.begin() + 2, -10);  // alpha: unknown
  }
  row.truncated = numbers[0];
  row.occluded = numbers[1];
  const Box box{numbers[3], numbers[4], numbers[5], numbers[6]};
  if (box != Box{}) {
    row.box = box;
  }
  row.height_m = numbers[7];
  row.width_m = numbers[8];
  row.length_m = numbers[9];
  row.in_3d = row.height_m > 0 && row.width_m > 0 && row.length_m > 0;
  row.x = numbers[10];
  row.y = numbers[11];
  row.z = numbers[12];
  row.rotation = numbers[13];
  if (numbers.size() == 15) {
    row.score = numbers[14];
  }
  return "";
}

KittiCalibration read_kitti_calibration(const std::filesystem::path& file) {
  const auto matrices = read_matrices(file);
  const auto matrix = [&](std::initializer_list<std::string_view> names, std::size_t size) {
    for (const auto name : names) {
      const auto it = matrices.find(name);
      if (it != matrices.end() && it->second.size() == size &&
          std::all_of(it->second.begin(), it->second.end(),
                      [](double v) { return std::isfinite(v); })) {
        return it->second;
      }
    }
    fail(ErrorCode::kInvalid, fmt::format("the calibration has no {} of {} numbers: {}",
                                          *names.begin(), size, file.string()));
  };
  const auto p = matrix({"P2"}, 12);
  const auto r = matrix({"R0_rect", "R_rect"}, 9);
  const auto t = matrix({"Tr_velo_to_cam", "Tr_velo_cam"}, 12);
  KittiCalibration calibration;
  std::copy(p.begin(), p.end(), calibration.image_from_camera.begin());
  const kernels::Projection rectified = {r[0], r[1], r[2], 0,    r[3], r[4],
                                         r[5], 0,    r[6], r[7], r[8], 0};
  kernels::Projection rigid{};
  std::copy(t.begin(), t.end(), rigid.begin());
  calibration.camera_from_lidar = kernels::compose(rectified, rigid);
  return calibration;
}

std::map<std::string, KittiPose> read_kitti_poses(const std::filesystem::path& file) {
  std::map<std::string, KittiPose> poses;
  if (!std::filesystem::is_regular_file(file)) {
    return poses;
  }
  for (const auto& line : split(read_file(file, 64 << 20), '\n')) {
    auto text = trim(line);
    if (text.ends_with(',')) {
      text.remove_suffix(1);
    }
    if (!text.starts_with("{\"id\"")) {
      continue;
    }
    Json row;
    if (!problem_of([&] { row = parse_json(text, file.string()); }).empty()) {
      continue;  // a line cut off; the frame then has no pose
    }
    const Json odom = json_get_or(row, "odom", Json::object());
    const Json labels = json_get_or(row, "labels", Json::object());
    const auto number = [&](const char* key) {
      const auto it = odom.find(key);
      return it != odom.end() && it->is_number() ? it->get<double>() : 0.0;
    };
    const std::string name = labels.is_object() ? labels.value("file", "") : "";
    if (!name.empty()) {
      poses[std::filesystem::path(name).stem().string()] = {.time_s = number("timestamp"),
                                                            .x_m = number("x"),
                                                            .y_m = number("y"),
                                                            .yaw_rad = number("yaw")};
    }
  }
  return poses;
}

}  // namespace spotter::formats
