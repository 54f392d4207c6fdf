#include "loop/curate/appearance.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "loop/curate/relevance.h"

namespace spotter::curate {
namespace {

// A grey noisy picture with coloured patches.
media::Image picture(Rng& rng, double light) {
  media::Image image{64, 48, {}};
  for (int i = 0; i < 64 * 48; ++i) {
    const auto grey = static_cast<std::uint8_t>((80 + 40 * rng.uniform()) * light);
    image.rgb.insert(image.rgb.end(), 3, grey);
  }
  return image;
}

void paint(media::Image& image, const Box& box, double light, int red, int green, int blue) {
  for (int y = static_cast<int>(box.y1); y < static_cast<int>(box.y2); ++y) {
    for (int x = static_cast<int>(box.x1); x < static_cast<int>(box.x2); ++x) {
      const auto at = static_cast<std::size_t>(y * image.width + x) * 3;
      image.rgb[at] = static_cast<std::uint8_t>(red * light);
      image.rgb[at + 1] = static_cast<std::uint8_t>(green * light);
      image.rgb[at + 2] = static_cast<std::uint8_t>(blue * light);
    }
  }
}

// Every picture has an orange cone and a car; one in thirty has a green cone too, which no detector
// sees.
TEST(Appearance, GreenConesAreFoundFromAFewFlaggedOnes) {
  Rng rng(1);
  Objects examples;
  Objects pool;
  std::vector<bool> green(600);
  const auto look_at = [&](bool with_green, std::uint32_t owner, Objects& objects) {
    const double light = 0.5 + rng.uniform();
    auto image = picture(rng, light);
    const auto place = [&](double width, double height) {
      const double x = rng.uniform(0, 20);
      const double y = rng.uniform(0, 20);
      return Box{x, y, x + width, y + height};
    };
    const auto add = [&](const Box& box, int red, int green_value, int blue) {
      paint(image, box, light, red, green_value, blue);
      objects.looks.push_back(appearance_of(image, box));
      objects.owner.push_back(owner);
    };
    add(place(8, 12), 150, 80, 20);
    add(place(20, 12), 60 + static_cast<int>(rng.index(80)), 60, 90);
    if (with_green) {
      add(place(8, 12), 30, 150, 40);
    }
  };
  for (std::uint32_t scene = 0; scene < 6; ++scene) {
    look_at(true, scene, examples);
  }
  for (std::uint32_t s = 0; s < 600; ++s) {
    green[s] = s % 30 == 7;
    look_at(green[s], s, pool);
  }
  const auto likeness = object_likeness(examples, pool, 600);
  int found = 0;
  int wrong = 0;
  for (std::size_t s = 0; s < 600; ++s) {
    if (likeness[s] >= 0.6) {
      (green[s] ? found : wrong) += 1;
    }
  }
  EXPECT_GE(found, 18) << "of 20";
  EXPECT_LE(wrong, 20) << "of 580";
}

TEST(Appearance, DegenerateBoxesAndEmptyInputsAreHarmless) {
  Rng rng(2);
  const auto image = picture(rng, 1);
  EXPECT_EQ(appearance_of(image, {100, 100, 120, 130})[0], 0);
  EXPECT_EQ(appearance_of(image, {5, 5, 5, 5})[0], 0);
  (void)appearance_of(image, {-10, -10, 0.4, 0.3});
  EXPECT_EQ(object_likeness({}, {}, 3), std::vector<double>(3, 0));
}

std::vector<Sample> harbour_samples() {
  std::vector<Sample> samples;
  for (int i = 0; i < 400; ++i) {
    Sample sample;
    sample.key = "k" + std::to_string(i);
    sample.sequence = "s" + std::to_string(i / 4);
    sample.attributes =
        i / 4 % 20 == 3 ? R"({"district": "harbour"})" : R"({"district": "suburb"})";
    samples.push_back(sample);
  }
  return samples;
}

TEST(Relevance, FlagsAreExplainedByMetadata) {
  const auto samples = harbour_samples();
  std::vector<std::uint8_t> marked(samples.size(), 0);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    marked[i] = samples[i].attributes.find("harbour") != std::string::npos && i % 4 == 0 ? 1 : 0;
  }
  const auto explanations = explain_marks(samples, marked);
  ASSERT_EQ(explanations.size(), 1U);
  EXPECT_EQ(explanations[0].where, "district = 'harbour'");
  EXPECT_TRUE(explain_marks(samples, std::vector<std::uint8_t>(samples.size(), 0)).empty());
}

TEST(Relevance, InsideAndFlaggedComeFirstAndReasonsSayWhy) {
  const auto samples = harbour_samples();
  Target target;
  target.title = "like what was flagged";
  target.words = "district = 'harbour'";
  target.hit_words = "flagged";
  for (const auto& sample : samples) {
    target.inside.push_back(sample.attributes.find("harbour") != std::string::npos ? 1 : 0);
  }
  target.hits["k12"] = 1;
  std::vector<double> objects(samples.size(), 0);
  objects[100] = 0.9;
  const auto relevance = relevance_to(target, samples, {}, objects);
  EXPECT_DOUBLE_EQ(relevance[12].score, 1);
  EXPECT_EQ(relevance[12].reason, "like what was flagged: flagged (1.00), district = 'harbour'");
  EXPECT_DOUBLE_EQ(relevance[13].score, 0.4);
  EXPECT_DOUBLE_EQ(relevance[100].score, 0.45);
  EXPECT_EQ(relevance[100].reason, "like what was flagged: holds an object like an example (0.90)");
  EXPECT_EQ(relevance[0].score, 0);
}

}  // namespace
}  // namespace spotter::curate
