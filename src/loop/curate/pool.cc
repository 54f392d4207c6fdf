#include "loop/curate/pool.h"

#include <algorithm>
#include <set>

#include "base/parallel.h"
#include "media/image.h"
#include "project/champion.h"
#include "project/filter.h"

namespace spotter::curate {
namespace {

constexpr std::size_t kLookedAtMax = 20'000;  // pictures that are opened to compare objects
constexpr double kSeenMin = 0.1;              // score from which on a prediction says where to look
constexpr const char* kSensorLayer = "lidar";

std::set<std::string> keys_of(Project& project, const std::string& where) {
  const auto keys = query_keys(project, Filter::parse(where));
  return {keys.begin(), keys.end()};
}

std::vector<std::string> keys_of(const std::vector<Sample>& samples) {
  std::vector<std::string> keys;
  for (const auto& sample : samples) {
    keys.push_back(sample.key);
  }
  return keys;
}

}  // namespace

Pool::Pool(Project& project, const Campaign& campaign) : project_(project) {
  auto keys = query_keys(project, Filter::parse(project.config.label_where));
  const auto where = campaign.query["where"].get<std::string>();
  if (!where.empty()) {
    const auto wanted = keys_of(project, where);
    std::erase_if(keys, [&](const std::string& key) { return !wanted.contains(key); });
  }
  const auto labelled = keys_of(project, "labelled = true");
  labelled_count_ =
      std::erase_if(keys, [&](const std::string& key) { return labelled.contains(key); });
  std::set<std::string> elsewhere;
  for (const auto& row : project.catalog->query(
           "SELECT i.sample FROM campaign_items i JOIN campaigns c ON c.id = i.campaign "
           "WHERE c.id <> $1 AND c.state = 'collected'",
           {campaign.id})) {
    elsewhere.insert(row.text(0));
  }
  elsewhere_count_ =
      std::erase_if(keys, [&](const std::string& key) { return elsewhere.contains(key); });
  if (!keys.empty()) {
    samples_ = project.lake->samples(keys);
  }
}

std::vector<std::uint8_t> Pool::matching(const std::string& where) const {
  const Filter filter = Filter::parse(where);
  std::vector<std::uint8_t> flags;
  for (const auto& sample : samples_) {
    flags.push_back(filter.matches(sample) ? 1 : 0);
  }
  return flags;
}

void Pool::load_vectors(const std::vector<std::string>& more, const std::string& cycle,
                        const trainer::Progress& progress) {
  const auto champion = champion_id(project_);
  if (champion.empty() || samples_.empty()) {
    return;
  }
  model_ = champion;
  auto keys = keys_of(samples_);
  keys.insert(keys.end(), more.begin(), more.end());
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  trainer::PredictRequest request;
  request.model = model_;
  request.keys = keys;
  request.cycle = cycle;
  request.step = "curate";
  const trainer::Progress quiet = [](double, std::string_view) {};
  trainer::predict(project_, request, progress ? progress : quiet);
  auto embeddings = trainer::image_embeddings(project_, model_, keys);
  vectors_.dimensions = embeddings.dimensions;
  vectors_.values = std::move(embeddings.values);
  for (std::size_t i = 0; i < embeddings.keys.size(); ++i) {
    vectors_.row_of[embeddings.keys[i]] = i;
  }
}

std::vector<double> Pool::objects_like(const std::vector<Finding>& boxes) {
  if (boxes.empty() || samples_.empty() || samples_.size() > kLookedAtMax) {
    return {};
  }
  if (objects_.looks.empty()) {
    objects_ = all_objects();
  }
  std::map<std::string, std::vector<Box>> boxes_of;
  for (const auto& finding : boxes) {
    boxes_of[finding.sample].push_back(finding.box);
  }
  std::vector<std::string> keys;
  for (const auto& [key, list] : boxes_of) {
    keys.push_back(key);
  }
  Objects examples;
  std::map<std::string, std::uint32_t> scenes;
  for (const auto& sample : project_.lake->samples(keys)) {
    const auto next = static_cast<std::uint32_t>(scenes.size());
    look_at(sample, boxes_of[sample.key], scenes.try_emplace(sample.scene(), next).first->second,
            examples);
  }
  return object_likeness(examples, objects_, samples_.size());
}

void Pool::look_at(const Sample& sample, const std::vector<Box>& boxes, std::uint32_t owner,
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

// Where other sensors or the model see something in the samples.
Objects Pool::all_objects() const {
  const auto keys = keys_of(samples_);
  std::map<std::string, std::vector<Box>> boxes;
  for (const auto& set : project_.lake->labels(keys, kSensorLayer)) {
    for (const auto& label : set.labels) {
      boxes[set.sample].push_back(label.box);
    }
  }
  if (!model_.empty()) {
    for (const auto& output : project_.lake->predictions(model_, keys)) {
      for (const auto& p : output.set.predictions) {
        if (p.score >= kSeenMin) {
          boxes[output.set.sample].push_back(p.box);
        }
      }
    }
  }
  std::vector<Objects> parts(samples_.size());
  parallel_for(samples_.size(), 64, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto it = boxes.find(samples_[i].key);
      if (it != boxes.end()) {
        look_at(samples_[i], it->second, static_cast<std::uint32_t>(i), parts[i]);
      }
    }
  });
  Objects all;
  for (const auto& part : parts) {
    all.looks.insert(all.looks.end(), part.looks.begin(), part.looks.end());
    all.owner.insert(all.owner.end(), part.owner.begin(), part.owner.end());
  }
  return all;
}

}  // namespace spotter::curate
