// Which prediction belongs to which object of another sensor, over all samples of a check: optimal
// one-to-one assignment in the picture, with what it takes to place one sensor's objects in the
// other's view: a time offset, and the calibration's usual error, learned. Private to this folder.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "loop/checks/check.h"

namespace spotter::checks {

struct MatchingOptions {
  double gate = 0.5;         // farthest apart that centres may be, in heights of the prediction
  double detected = 0.3;     // predictions from this score on are matched
  double time_offset_s = 0;  // the sensor's time minus the camera's
};

// One sample's matches; empty where it has no sensor objects or no output.
struct SensorMatches {
  std::vector<double> support;        // of each sensor object: score of its prediction, else of the
                                      // best one below `detected` within the gate, else 0
  std::vector<std::uint8_t> partner;  // of each prediction: whether it has a sensor object
};

class SensorMatching {
 public:
  // Matches every sample twice: once with the gate alone, from which the usual displacement
  // (median) and spread (median distance from it) are learned where there are 30 matches; then with
  // the displacement taken off and the gate narrowed to six spreads, but never below a quarter
  // height.
  SensorMatching(const CheckInput& input, const MatchingOptions& options);

  [[nodiscard]] const SensorMatches& of(std::size_t sample) const { return matches_[sample]; }
  [[nodiscard]] double shift_x() const { return shift_x_; }  // heights of the prediction
  [[nodiscard]] double shift_y() const { return shift_y_; }
  [[nodiscard]] double gate() const { return gate_; }

  // Metres to a detected object, from its height in the picture and those of matched ones of its
  // class (else of any); 0 = unknown.
  [[nodiscard]] double distance_of(const Prediction& prediction) const;
  // Share of confident predictions that far away that have a partner: how well the sensor sees.
  [[nodiscard]] double visibility(double distance_m) const;
  // Whether the sensor looks there at all: between the outermost objects that it ever saw.
  [[nodiscard]] bool in_view(const Sample& sample, const Box& box) const;

 private:
  struct Tally {
    double with = 0;
    double all = 0;
  };
  void match_all(const CheckInput& input);
  void learn_residuals(const CheckInput& input);
  void learn_distances(const CheckInput& input);

  MatchingOptions options_;
  double gate_;
  double shift_x_ = 0;
  double shift_y_ = 0;
  std::vector<std::vector<Box>> boxes_;            // of the sensor's objects, at the camera's time
  std::vector<SensorMatches> matches_;             // by sample
  std::vector<std::vector<std::int32_t>> chosen_;  // prediction of each sensor object, or -1
  std::map<std::string, double> height_times_distance_;  // by class; "" = of any
  std::map<int, Tally> seen_;                            // by distance, 5 m wide
  double view_low_ = 0;                                  // shares of the picture's width
  double view_high_ = 1;
};

}  // namespace spotter::checks
