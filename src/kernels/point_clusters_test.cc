#include "kernels/point_clusters.h"

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "base/random.h"

namespace spotter::kernels {
namespace {

using Height = std::function<double(double, double)>;

double flat(double, double) {
  return -1.7;
}

// A sweep over `ground` with 2 cm of noise, every 0.4 m out to 30 m, and things put on it.
class Scene {
 public:
  explicit Scene(Height ground, std::uint64_t seed = 1) : ground_(std::move(ground)), rng_(seed) {
    for (double x = -30; x <= 30; x += 0.4) {
      for (double y = -30; y <= 30; y += 0.4) {
        add(x, y, ground_(x, y) + 0.02 * rng_.normal());
      }
    }
  }

  void add(double x, double y, double z) {
    for (const double v : {x, y, z, 0.5}) {
      values_.push_back(static_cast<float>(v));
    }
  }

  // Points on the faces of an upright box that stands on the ground.
  void add_box(double x, double y, double side, double height) {
    for (double h = 0.05; h <= height; h += 0.1) {
      for (double s = -side / 2; s <= side / 2; s += 0.1) {
        add(x - side / 2, y + s, ground_(x, y) + h);
        add(x + s, y - side / 2, ground_(x, y) + h);
      }
    }
  }

  [[nodiscard]] PointCloud cloud() const { return {values_, 4}; }
  Rng& rng() { return rng_; }

 private:
  Height ground_;
  Rng rng_;
  std::vector<float> values_;
};

// The clusters whose box holds this place, seen from above.
std::vector<PointCluster> at(const std::vector<PointCluster>& clusters, double x, double y) {
  std::vector<PointCluster> found;
  for (const auto& c : clusters) {
    if (c.low[0] - 0.2 <= x && x <= c.high[0] + 0.2 && c.low[1] - 0.2 <= y &&
        y <= c.high[1] + 0.2) {
      found.push_back(c);
    }
  }
  return found;
}

struct Terrain {
  const char* name;
  Height height;
};

const std::array kTerrains = {
    Terrain{"flat", flat},
    Terrain{"tilted by a tenth", [](double x, double y) { return -1.7 + 0.1 * x - 0.05 * y; }},
    Terrain{"a crest", [](double x, double) { return -1.7 - 0.004 * x * x; }},
    Terrain{"a kerb", [](double, double y) { return y > 5 ? -1.55 : -1.7; }},
    Terrain{"waves", [](double x, double y) {
              return -1.7 + 0.4 * std::sin(x / 8) + 0.3 * std::cos(y / 10);
            }}};

TEST(PointClusters, FindsWhatStandsOnAnyGroundAndNothingElse) {
  for (const auto& terrain : kTerrains) {
    SCOPED_TRACE(terrain.name);
    Scene scene(terrain.height);
    const std::array<std::array<double, 4>, 4> things = {
        {{8, 2, 0.3, 0.5}, {15, -6, 1.8, 1.5}, {-12, 9, 0.6, 1.7}, {22, 12, 0.5, 1.7}}};
    for (const auto& [x, y, side, height] : things) {
      scene.add_box(x, y, side, height);
    }
    const auto clusters = find_clusters(scene.cloud());
    EXPECT_EQ(clusters.size(), things.size());
    for (const auto& [x, y, side, height] : things) {
      const auto found = at(clusters, x, y);
      ASSERT_EQ(found.size(), 1U) << x << ", " << y;
      EXPECT_NEAR(found[0].height_m, height, 0.25);
      EXPECT_NEAR(found[0].high[0] - found[0].low[0], side, 0.15);
    }
  }
}

TEST(PointClusters, WhatStandsBesideAHedgeIsFoundAndTheHedgeIsNot) {
  Scene scene(flat);
  for (double x = -10; x <= 10; x += 0.05) {  // leaves, here and there a gap of up to 0.3 m
    for (double h = 0.3; h < 1.5; h += 0.1) {
      if (std::fmod(std::abs(x), 2) > 0.25) {
        scene.add(x, 4 + 0.1 * scene.rng().normal(), -1.7 + h);
      }
    }
  }
  const auto bare = find_clusters(scene.cloud(), {.side_m_max = 6, .piece_points_min = 500});
  EXPECT_TRUE(bare.empty());
  scene.add_box(3, 2.5, 2, 1.5);  // its side is 0.3 to 0.6 m from the leaves
  for (double s = -1; s <= 1; s += 0.1) {
    for (double h = 0.05; h <= 1.5; h += 0.1) {
      scene.add(3 + s, 3.5, -1.7 + h);
    }
  }
  const auto found =
      at(find_clusters(scene.cloud(), {.side_m_max = 6, .piece_points_min = 500}), 3, 2.5);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NEAR(found[0].high[0] - found[0].low[0], 2, 0.15);
  EXPECT_TRUE(
      at(find_clusters(scene.cloud(), {.side_m_max = 6, .link_m_min = 0.5}), 3, 2.5).empty());
}

TEST(PointClusters, GroundIsFollowedWhereItIsSparse) {
  // One point each 3 m, as far away: a cone's height above it still shows.
  std::vector<float> values;
  const auto add = [&](double x, double y, double z) {
    for (const double v : {x, y, z}) {
      values.push_back(static_cast<float>(v));
    }
  };
  for (double x = -45; x <= 45; x += 3) {
    for (double y = -45; y <= 45; y += 3) {
      add(x, y, -1.1 + 0.03 * x);
    }
  }
  add(40.1, 10.2, -1.1 + 0.03 * 40.1 + 0.2);
  add(40.1, 10.2, -1.1 + 0.03 * 40.1 + 0.3);
  const auto clusters =
      find_clusters({values, 3}, {.range_m = 60, .ground_tolerance_m = 0.1, .points_min = 2});
  ASSERT_EQ(clusters.size(), 1U);
  EXPECT_NEAR(clusters[0].height_m, 0.3, 0.05);
}

TEST(PointClusters, OutliersBelowTheGroundDoNotPullItDown) {
  Scene scene(flat);
  scene.add_box(10, 0, 1, 1);
  for (int i = 0; i < 60; ++i) {
    scene.add(scene.rng().uniform(-30, 30), scene.rng().uniform(-30, 30),
              -1.7 - scene.rng().uniform(0.5, 6));
  }
  EXPECT_EQ(find_clusters(scene.cloud()).size(), 1U);
}

// Single linkage by brute force, over points well above the ground.
TEST(PointClusters, LinksExactlyThoseThatAreNear) {
  Scene scene(flat, 7);
  const std::size_t first = scene.cloud().count();
  std::vector<std::array<double, 2>> places;
  for (int i = 0; i < 400; ++i) {
    const double x = scene.rng().uniform(-20, 20);
    const double y = scene.rng().uniform(-20, 20);
    scene.add(x, y, scene.rng().uniform(-1.2, 0.8));
    const float* p = scene.cloud().at(scene.cloud().count() - 1);
    places.push_back({p[0], p[1]});
  }
  std::vector<std::size_t> group(places.size());
  for (std::size_t i = 0; i < group.size(); ++i) {
    group[i] = i;
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < places.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const double dx = places[i][0] - places[j][0];
        const double dy = places[i][1] - places[j][1];
        if (dx * dx + dy * dy <= 1.44 && group[i] != group[j]) {
          group[i] = group[j] = std::min(group[i], group[j]);
          changed = true;
        }
      }
    }
  }
  std::map<std::size_t, std::set<std::uint32_t>> expected;
  for (std::size_t i = 0; i < group.size(); ++i) {
    expected[group[i]].insert(static_cast<std::uint32_t>(first + i));
  }
  const auto clusters =
      find_clusters(scene.cloud(), {.link_m = 1.2, .points_min = 1, .side_m_max = 1000});
  ASSERT_EQ(clusters.size(), expected.size());
  std::set<std::set<std::uint32_t>> found;
  std::set<std::set<std::uint32_t>> wanted;
  for (const auto& c : clusters) {
    found.emplace(c.points.begin(), c.points.end());
  }
  for (const auto& [root, points] : expected) {
    wanted.insert(points);
  }
  EXPECT_EQ(found, wanted);
}

TEST(PointClusters, WallsTreesAndFewPointsAreNoObjects) {
  Scene scene(flat);
  for (double x = -10; x <= 10; x += 0.1) {
    scene.add(x, 20, -0.5);  // a wall of 20 m
  }
  for (double s = 0; s < 1; s += 0.1) {
    scene.add(5 + s, 5, 3);  // a crown 4.7 m above the ground
  }
  scene.add(0, -9, -1);  // a single point
  EXPECT_TRUE(find_clusters(scene.cloud()).empty());
}

TEST(PointClusters, EmptyAndBrokenSweepsAreNoError) {
  EXPECT_TRUE(find_clusters({}).empty());
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> broken = {nan, nan, nan, 0, 1, 2, nan, 0, INFINITY, 0, 0, 0, 3, 4, 5, 0};
  EXPECT_TRUE(find_clusters({broken, 4}).empty());
  EXPECT_TRUE(find_clusters({broken, 2}).empty());
}

TEST(Projection, ComposesAndProjectsAsAPinhole) {
  // Camera at the lidar, looking along x: u grows to the right (−y), v down (−z).
  const Projection camera = {700, 0, 600, 0, 0, 700, 180, 0, 0, 0, 1, 0};
  const Projection camera_from_lidar = {0, -1, 0, 0, 0, 0, -1, 0, 1, 0, 0, 0};
  const Projection image_from_lidar = compose(camera, camera_from_lidar);
  const auto ahead = project(image_from_lidar, 10, 0, 0);
  ASSERT_TRUE(ahead);
  EXPECT_DOUBLE_EQ(ahead->u, 600);
  EXPECT_DOUBLE_EQ(ahead->v, 180);
  const auto left_below = project(image_from_lidar, 10, 1, -1);
  EXPECT_DOUBLE_EQ(left_below->u, 530);
  EXPECT_DOUBLE_EQ(left_below->v, 250);
  EXPECT_FALSE(project(image_from_lidar, -10, 0, 0)) << "behind the camera";
  const std::vector<std::array<double, 3>> corners = {{10, 1, -1}, {10, -1, 1}, {-5, 0, 0}};
  EXPECT_EQ(project_box(image_from_lidar, corners), (Box{530, 110, 670, 250}));
  EXPECT_FALSE(project_box(image_from_lidar, {corners.data() + 2, 1}));
}

TEST(Projection, BoxOfACluster) {
  Scene scene(flat);
  scene.add_box(10, 0, 1, 1.7);
  const auto clusters = find_clusters(scene.cloud());
  ASSERT_EQ(clusters.size(), 1U);
  const Projection image_from_lidar = {600, -700, 0, 0, 180, 0, -700, 0, 1, 0, 0, 0};
  const auto box = project_cluster(image_from_lidar, scene.cloud(), clusters[0]);
  ASSERT_TRUE(box);
  EXPECT_NEAR(box->width(), 700 * 1.0 / 9.5, 4);
  EXPECT_NEAR(box->y1, 180, 6) << "as high as the sensor";
}

}  // namespace
}  // namespace spotter::kernels
