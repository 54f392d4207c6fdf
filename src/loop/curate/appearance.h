// What objects look like, without a network: colour and coarse shape of a crop. Finds more of what
// the detector cannot see, because it needs no detection: boxes come from people and from other
// sensors.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "domain/geometry.h"
#include "media/image.h"

namespace spotter::curate {

// A 4 × 4 grid of colour shares and relative brightness, and the size: light counts little.
inline constexpr std::size_t kAppearanceSize = 50;
using Appearance = std::array<float, kAppearanceSize>;

// `box` in pixels of the image, clipped to it; a box without area in the image gives zeros.
[[nodiscard]] Appearance appearance_of(const media::Image& image, const Box& box);

// Objects of many samples: one appearance each and the sample (or scene) that it belongs to.
struct Objects {
  std::vector<Appearance> looks;
  std::vector<std::uint32_t> owner;
};

// How much each of `sample_count` pool samples holds an object of the kind that the examples share
// and the pool does not: 0, or 0.6 to 1. Objects that are common in the pool (cars) say nothing;
// each example object counts within the radius in which it meets other example scenes but hardly
// any of the pool.
[[nodiscard]] std::vector<double> object_likeness(const Objects& examples, const Objects& pool,
                                                  std::size_t sample_count);

}  // namespace spotter::curate
