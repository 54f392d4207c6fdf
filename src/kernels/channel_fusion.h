// How likely is it that something is worth a person's minute, when several channels point at it?
// A logistic model over channels whose weights start from what is believed of each channel and move
// with people's verdicts. Pure and deterministic: the same verdicts give the same weights.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace spotter::kernels {

// One channel's word on an item.
struct Vote {
  std::uint32_t channel = 0;
  double rank = 0.5;  // share of the channel's findings that score lower, 0..1; 1 = its strongest
  double weight =
      1;  // share of its word that counts, 0..1: of what another channel half said, less
};

// An item that a person has judged.
struct JudgedVotes {
  std::vector<Vote> votes;  // at most one a channel
  double worth = 0;         // 1 = there was something wrong, 0 = nothing, 0.5 = cannot be told
};

// What is believed of a channel before anybody judged it.
struct ChannelPrior {
  double precision = 0.3;   // in (0, 1)
  std::uint32_t group = 0;  // channels of one source, that are right or wrong together; from 0
};

struct FusionOptions {
  double base = 0.1;            // probability without any channel's word
  double slope = 0.5;           // prior log-odds from a channel's better half to its better quarter
  double group_variance = 2.0;  // of what the channels of a group share of their weights, log-odds²
  double channel_variance = 0.5;  // of what each has of its own
  double slope_variance = 0.1;
  double base_variance = 0.5;
};

// log-odds = base + Σ over the votes of (weight of the group + weight of the channel + slope ×
// height), where height is how often the findings above are halved from the middle up to the vote's
// rank: log2(.5 / (1 − rank)), at most 4. So a channel's best hundred of thousands stand out, as
// they would not on a scale of ranks. Gaussian priors, with means such that a channel alone at its
// middle rank has its prior precision; maximum a posteriori by Newton's method (Bishop 2006, 4.3.3
// and 4.5; the natural form of naive Bayes fusion, in which verdicts correct for channels that
// repeat each other). Groups are a hierarchical prior: a verdict on one kind of error of a check
// also says something of its other kinds, so that a check is known after a screen and not after a
// screen of each kind.
class ChannelFusion {
 public:
  // Costs (channels + groups)³ × a few iterations and linear time in the verdicts.
  ChannelFusion(std::span<const ChannelPrior> channels, std::span<const JudgedVotes> judged,
                const FusionOptions& options = {});

  // Probability in (0, 1). `votes`: at most one a channel.
  [[nodiscard]] double probability(std::span<const Vote> votes) const;
  // What one vote adds to the log-odds.
  [[nodiscard]] double contribution(const Vote& vote) const;

 private:
  std::vector<std::uint32_t> group_;  // of each channel
  std::vector<double> weights_;  // base, weight and slope of each channel, weight of each group
};

// Mean ranks of `scores` among `sorted` (rising), 0..1: ties share the middle of their places; an
// empty `sorted` gives 0.5.
[[nodiscard]] double rank_in(std::span<const double> sorted, double score);

// Wilson's score interval (1927) of a share: `hits` of `count` (may be fractions), {0, 1} for none.
struct Share {
  double low = 0;
  double high = 1;
};
[[nodiscard]] Share wilson_interval(double hits, double count, double confidence = 0.95);

}  // namespace spotter::kernels
