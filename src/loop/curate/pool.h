// What a campaign may pick from, and what can be known about it: unlabelled samples, their
// embeddings, and the looks of the objects in them. Loaded from the project, the slow parts only
// when asked for.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "domain/finding.h"
#include "loop/curate/appearance.h"
#include "loop/curate/campaigns.h"
#include "loop/curate/relevance.h"
#include "trainer/trainer.h"

namespace spotter::curate {

class Pool {
 public:
  // Samples that satisfy label_where and the campaign's own filter, have no labels and are in no
  // other campaign that waits for its labels.
  Pool(Project& project, const Campaign& campaign);

  [[nodiscard]] const std::vector<Sample>& samples() const { return samples_; }
  [[nodiscard]] std::size_t labelled_count() const { return labelled_count_; }
  [[nodiscard]] std::size_t elsewhere_count() const { return elsewhere_count_; }

  // A flag for each sample: whether it satisfies the filter.
  [[nodiscard]] std::vector<std::uint8_t> matching(const std::string& where) const;

  // Embeddings of the samples and of `more` keys by the champion, which predicts what it has not
  // yet; nothing without a champion.
  void load_vectors(const std::vector<std::string>& more, const std::string& cycle,
                    const trainer::Progress& progress);
  [[nodiscard]] const KnownVectors& vectors() const { return vectors_; }

  // How much each sample holds an object like those in the boxes; empty when there are no boxes or
  // too many pictures to open. Opens every picture once.
  [[nodiscard]] std::vector<double> objects_like(const std::vector<Finding>& boxes);

 private:
  void look_at(const Sample& sample, const std::vector<Box>& boxes, std::uint32_t owner,
               Objects& objects) const;
  [[nodiscard]] Objects all_objects() const;

  Project& project_;
  std::vector<Sample> samples_;
  std::size_t labelled_count_ = 0;
  std::size_t elsewhere_count_ = 0;
  std::string model_;
  KnownVectors vectors_;
  Objects objects_;
};

}  // namespace spotter::curate
