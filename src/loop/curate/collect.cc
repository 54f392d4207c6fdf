#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/log.h"
#include "base/parallel.h"
#include "loop/curate/appearance.h"
#include "loop/curate/campaigns.h"
#include "loop/curate/curate.h"
#include "loop/curate/relevance.h"
#include "loop/curate/select.h"
#include "media/image.h"
#include "project/check_runs.h"
#include "project/failure_modes.h"
#include "project/filter.h"

namespace spotter::curate {
namespace {

constexpr std::size_t kExamplesMax = 200;
constexpr std::size_t kLookedAtMax = 20'000;  // pictures that are opened to compare objects
constexpr const char* kSensorLayer = "lidar";

struct Wanted {
  Target target;
  std::vector<Finding> boxes;  // findings and flags with a box, on example samples
};

class Collector {
 public:
  Collector(Project& project, Campaign campaign, const RunCampaignOptions& options)
      : project_(project), campaign_(std::move(campaign)), options_(options) {
    if (options.budget > 0) {
      campaign_.budget = options.budget;
    }
  }

  void run() {
    load_candidates();
    load_targets();
    load_vectors();
    score();
    store(choose());
  }

 private:
  void load_candidates() {
    const auto where = campaign_.query["where"].get<std::string>();
    std::vector<std::string> keys =
        query_keys(project_, Filter::parse(project_.config.label_where));
    if (!where.empty()) {
      std::set<std::string> wanted;
      for (auto& key : query_keys(project_, Filter::parse(where))) {
        wanted.insert(std::move(key));
      }
      std::erase_if(keys, [&](const std::string& key) { return !wanted.contains(key); });
    }
    std::set<std::string> labelled;
    for (auto& key : query_keys(project_, Filter::parse("labelled = true"))) {
      labelled.insert(std::move(key));
    }
    std::set<std::string> elsewhere;
    for (const auto& row : project_.catalog->query(
             "SELECT i.sample FROM campaign_items i JOIN campaigns c ON c.id = i.campaign "
             "WHERE c.id <> $1 AND c.state = 'collected'",
             {campaign_.id})) {
      elsewhere.insert(row.text(0));
    }
    std::vector<std::string> open;
    for (auto& key : keys) {
      if (labelled.contains(key)) {
        ++left_out_labelled_;
      } else if (elsewhere.contains(key)) {
        ++left_out_elsewhere_;
      } else {
        open.push_back(std::move(key));
      }
    }
    if (!open.empty()) {
      candidates_ = project_.lake->samples(open);
    }
  }

  void load_targets() {
    for (const auto& id : campaign_.query["modes"]) {
      wanted_.push_back(mode_target(find_failure_mode(project_, id.get<std::string>())));
    }
    if (campaign_.query["flags"].get<bool>()) {
      add_flag_targets();
    }
    const auto like = campaign_.query["like"].get<std::vector<std::string>>();
    if (!like.empty()) {
      Wanted wanted;
      wanted.target.title = "like the examples";
      wanted.target.examples = like;
      wanted.target.hit_words = "given as an example";
      for (const auto& key : like) {
        wanted.target.hits[key] = 1;
      }
      wanted_.push_back(std::move(wanted));
    }
    if (wanted_.empty()) {
      Wanted wanted;
      wanted.target.title = "by filter";
      wanted.target.words = campaign_.query["where"].get<std::string>();
      wanted.target.inside.assign(candidates_.size(), 1);
      wanted_.push_back(std::move(wanted));
    }
    if (wanted_.size() > 1) {
      // Shares by rank, but none below half of an equal share, so that a rare mode is worth a
      // batch.
      double total = 0;
      for (const auto& wanted : wanted_) {
        total += wanted.target.share;
      }
      const double equal = total / static_cast<double>(wanted_.size());
      for (auto& wanted : wanted_) {
        wanted.target.share = std::max(wanted.target.share, equal / 2);
      }
    }
  }

  std::vector<std::uint8_t> inside(const std::string& where) const {
    const Filter filter = Filter::parse(where);
    std::vector<std::uint8_t> flags;
    for (const auto& sample : candidates_) {
      flags.push_back(filter.matches(sample) ? 1 : 0);
    }
    return flags;
  }

  Wanted mode_target(const FailureMode& mode) {
    Wanted wanted;
    auto& target = wanted.target;
    target.title = mode.title;
    target.share = mode.rank_score > 0 ? mode.rank_score : 1e-6;
    if (mode.slice != "true") {
      target.inside = inside(mode.slice);
      target.words = mode.slice;
    }
    target.hit_words = mode.error == "flagged" ? "flagged" : "found by a check";
    std::set<std::string> ids;
    for (const auto& row : project_.catalog->query(
             "SELECT finding, sample, score FROM failure_mode_findings WHERE failure_mode = $1 "
             "ORDER BY score DESC, finding",
             {mode.id})) {
      auto& hit = target.hits[row.text(1)];
      hit = std::max(hit, row.real(2));
      if (ids.size() < kExamplesMax) {
        ids.insert(row.text(0));
        target.examples.push_back(row.text(1));
      }
    }
    unique(target.examples);
    for (auto& finding : project_.lake->findings()) {
      if (ids.contains(finding.id) && finding.box.valid()) {
        wanted.boxes.push_back(std::move(finding));
      }
    }
    return wanted;
  }

  // What was flagged, and the metadata that explains it, over everything that is not learned yet.
  void add_flag_targets() {
    std::map<std::string, std::string> reason_of;
    std::vector<Finding> boxes;
    for (const auto& row :
         project_.catalog->query("SELECT sample, reason, box FROM flags ORDER BY created_at, id")) {
      reason_of[row.text(0)] = row.text(1);
      if (!row.text(2).empty()) {
        const Json b = parse_json(row.text(2), "the box of a flag");
        if (b.is_array() && b.size() == 4) {
          boxes.push_back({.sample = row.text(0),
                           .box = {b[0].get<double>(), b[1].get<double>(), b[2].get<double>(),
                                   b[3].get<double>()}});
        }
      }
    }
    Wanted wanted;
    wanted.target.title = "like what was flagged";
    wanted.target.hit_words = "flagged";
    wanted.boxes = std::move(boxes);
    std::vector<std::string> keys;
    for (const auto& [key, reason] : reason_of) {
      keys.push_back(key);
      wanted.target.hits[key] = 1;
    }
    wanted.target.examples = keys;
    const auto explained = explain_marks_among(reason_of);
    if (!explained.empty()) {
      wanted.target.words = explained;
      wanted.target.inside = inside(explained);
    }
    wanted_.push_back(std::move(wanted));
  }

  // The filter that explains the flags among the candidates, several slices joined by OR.
  std::string explain_marks_among(const std::map<std::string, std::string>& flagged) const {
    std::vector<std::uint8_t> marked;
    for (const auto& sample : candidates_) {
      marked.push_back(flagged.contains(sample.key) ? 1 : 0);
    }
    std::string where;
    for (const auto& explanation : explain_marks(candidates_, marked)) {
      where += (where.empty() ? "(" : " OR (") + explanation.where + ")";
    }
    return where;
  }

  void load_vectors() {
    const auto rows = project_.catalog->query("SELECT model FROM aliases WHERE alias = 'champion'");
    if (rows.empty() || candidates_.empty()) {
      return;
    }
    model_ = rows[0].text(0);
    std::vector<std::string> keys;
    for (const auto& sample : candidates_) {
      keys.push_back(sample.key);
    }
    for (const auto& wanted : wanted_) {
      keys.insert(keys.end(), wanted.target.examples.begin(), wanted.target.examples.end());
    }
    unique(keys);
    trainer::PredictRequest request;
    request.model = model_;
    request.keys = keys;
    request.cycle = options_.cycle;
    request.step = "curate";
    const trainer::Progress quiet = [](double, std::string_view) {};
    trainer::predict(project_, request, options_.progress ? options_.progress : quiet);
    auto embeddings = trainer::image_embeddings(project_, model_, keys);
    vectors_.dimensions = embeddings.dimensions;
    vectors_.values = std::move(embeddings.values);
    for (std::size_t i = 0; i < embeddings.keys.size(); ++i) {
      vectors_.row_of[embeddings.keys[i]] = i;
    }
  }

  void score() {
    std::vector<Objects> looks;
    for (const auto& wanted : wanted_) {
      const auto likeness = likeness_of_objects(wanted);
      relevance_.push_back(relevance_to(wanted.target, candidates_, vectors_, likeness));
    }
  }

  // Only where people or sensors have said where the examples are, and the pool can be looked at.
  std::vector<double> likeness_of_objects(const Wanted& wanted) {
    if (wanted.boxes.empty() || candidates_.empty() || candidates_.size() > kLookedAtMax) {
      return {};
    }
    if (pool_.looks.empty()) {
      pool_ = pool_objects();
    }
    std::map<std::string, std::vector<Box>> boxes;
    for (const auto& finding : wanted.boxes) {
      boxes[finding.sample].push_back(finding.box);
    }
    std::vector<std::string> keys;
    for (const auto& [key, list] : boxes) {
      keys.push_back(key);
    }
    Objects examples;
    std::map<std::string, std::uint32_t> scene;
    for (const auto& sample : project_.lake->samples(keys)) {
      const auto next = static_cast<std::uint32_t>(scene.size());
      const auto owner = scene.try_emplace(sample.scene(), next).first->second;
      look_at(sample, boxes[sample.key], owner, examples);
    }
    return object_likeness(examples, pool_, candidates_.size());
  }

  void look_at(const Sample& sample, const std::vector<Box>& boxes, std::uint32_t owner,
               Objects& objects) const {
    if (sample.media.empty() || boxes.empty()) {
      return;
    }
    const auto image = media::decode(project_.blobs->get(sample.media), sample.key);
    for (const auto& box : boxes) {
      objects.looks.push_back(appearance_of(image, box));
      objects.owner.push_back(owner);
    }
  }

  // Where other sensors or the model see something in the candidates.
  Objects pool_objects() const {
    std::vector<std::string> keys;
    for (const auto& sample : candidates_) {
      keys.push_back(sample.key);
    }
    std::map<std::string, std::vector<Box>> boxes;
    for (const auto& set : project_.lake->labels(keys, kSensorLayer)) {
      for (const auto& label : set.labels) {
        boxes[set.sample].push_back(label.box);
      }
    }
    if (!model_.empty()) {
      for (const auto& output : project_.lake->predictions(model_, keys)) {
        for (const auto& p : output.set.predictions) {
          if (p.score >= 0.1) {
            boxes[output.set.sample].push_back(p.box);
          }
        }
      }
    }
    std::vector<Objects> parts(candidates_.size());
    parallel_for(candidates_.size(), 64, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const auto it = boxes.find(candidates_[i].key);
        if (it != boxes.end()) {
          look_at(candidates_[i], it->second, static_cast<std::uint32_t>(i), parts[i]);
        }
      }
    });
    Objects all;
    for (auto& part : parts) {
      all.looks.insert(all.looks.end(), part.looks.begin(), part.looks.end());
      all.owner.insert(all.owner.end(), part.owner.begin(), part.owner.end());
    }
    return all;
  }

  // A sample counts to the target that it is most relevant for, the smaller share first when equal.
  Selection choose() {
    chosen_from_.clear();
    std::vector<float> values;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      Candidate candidate{candidates_[i].key, candidates_[i].scene(), 0, 0, false};
      for (std::size_t t = 0; t < wanted_.size(); ++t) {
        const double r = relevance_[t][i].score;
        const bool rarer = wanted_[t].target.share < wanted_[candidate.quota].target.share;
        if (r > candidate.relevance || (r > 0 && r == candidate.relevance && rarer)) {
          candidate.relevance = r;
          candidate.quota = t;
        }
      }
      const auto row = vectors_.row_of.find(candidates_[i].key);
      candidate.has_vector = row != vectors_.row_of.end();
      const std::size_t at = values.size();
      values.resize(at + vectors_.dimensions, 0.0F);
      if (candidate.has_vector) {
        const auto from = vectors_.values.begin() +
                          static_cast<std::ptrdiff_t>(row->second * vectors_.dimensions);
        std::copy_n(from, vectors_.dimensions, values.begin() + static_cast<std::ptrdiff_t>(at));
      }
      chosen_from_.push_back(std::move(candidate));
    }
    SelectOptions options;
    options.budget = static_cast<std::size_t>(campaign_.budget);
    options.quota_shares.clear();
    for (const auto& wanted : wanted_) {
      options.quota_shares.push_back(wanted.target.share);
    }
    return select(chosen_from_, {values, vectors_.dimensions}, options);
  }

  void store(const Selection& selection) {
    std::vector<CampaignItem> items;
    std::vector<std::size_t> picked_for(wanted_.size(), 0);
    std::set<std::string> scenes;
    for (const auto& picked : selection.picked) {
      const auto& candidate = chosen_from_[picked.candidate];
      auto reason = relevance_[candidate.quota][picked.candidate].reason;
      if (picked.distance >= 0) {
        reason += fmt::format("; {:.2f} usual distances from the nearest taken", picked.distance);
      }
      items.push_back({candidate.key, reason, candidate.relevance});
      scenes.insert(candidate.scene);
      ++picked_for[picked.quota];
    }
    const auto irrelevant = std::count_if(chosen_from_.begin(), chosen_from_.end(),
                                          [](const Candidate& c) { return c.relevance <= 0; });
    Json parts = Json::array();
    double shares = 0;
    for (const auto& wanted : wanted_) {
      shares += wanted.target.share;
    }
    for (std::size_t t = 0; t < wanted_.size(); ++t) {
      parts.push_back({{"title", wanted_[t].target.title},
                       {"where", wanted_[t].target.words},
                       {"share", wanted_[t].target.share / shares},
                       {"picked", picked_for[t]}});
    }
    campaign_.report = {{"candidates", candidates_.size()},
                        {"scenes", scenes.size()},
                        {"parts", parts},
                        {"left_out",
                         {{"labelled", left_out_labelled_},
                          {"in_other_campaigns", left_out_elsewhere_},
                          {"not_relevant", irrelevant},
                          {"near_duplicates", selection.duplicates},
                          {"scene_full", selection.scene_full}}}};
    store_collection(project_, campaign_, items);
  }

  static void unique(std::vector<std::string>& keys) {
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  }

  Project& project_;
  Campaign campaign_;
  const RunCampaignOptions& options_;
  std::vector<Sample> candidates_;
  std::vector<Wanted> wanted_;
  KnownVectors vectors_;
  std::string model_;
  Objects pool_;
  std::vector<std::vector<Relevance>> relevance_;  // [target][candidate]
  std::vector<Candidate> chosen_from_;
  std::size_t left_out_labelled_ = 0;
  std::size_t left_out_elsewhere_ = 0;
};

}  // namespace

Json run_campaign(Project& project, const RunCampaignOptions& options) {
  auto campaign = find_campaign(project, options.campaign);
  if (campaign.state == "open") {
    Collector(project, campaign, options).run();
  }
  return show_campaign(project, campaign.id);
}

}  // namespace spotter::curate
