#include "loop/triage/channels.h"

#include <algorithm>

#include "base/json.h"
#include "loop/triage/queue.h"
#include "trainer/trainer.h"

namespace spotter::triage {
namespace {

constexpr double kSecondWord = 0.5;   // of a channel's word, where a more trusted one speaks too
constexpr double kGuessStrength = 4;  // verdicts that a check's own guess weighs as much as

void count(VerdictCounts& counts, const std::string& verdict) {
  counts.model_error += verdict == "model_error" ? 1 : 0;
  counts.label_error += verdict == "label_error" ? 1 : 0;
  counts.ambiguous += verdict == "ambiguous" ? 1 : 0;
  counts.ignore += verdict == "ignore" ? 1 : 0;
}

double worth_of(const std::string& verdict) {
  return verdict == "ignore" ? 0 : verdict == "ambiguous" ? 0.5 : 1;
}

double guess_of(const Finding& finding) {
  const bool label = finding.error.starts_with("label_");
  const bool open = finding.error == "uncertain" || finding.error == "novel" ||
                    finding.error == "flagged" || finding.error == "high_loss";
  const double usual = label ? 0.1 : open ? 0.5 : 0.9;
  const Json evidence =
      finding.evidence.empty() ? Json::object() : parse_json(finding.evidence, "evidence");
  return std::clamp(json_get_or<double>(evidence, "model_error", usual), 0.0, 1.0);
}

// What was judged about one thing by one decision; verdicts from before there were decisions stand
// alone. A person's later word on the same finding replaces the earlier.
struct Judgement {
  std::string verdict;
  std::vector<std::string> findings;
};

std::vector<Judgement> judgements(Project& project) {
  std::map<std::string, std::pair<std::string, std::string>> latest;  // finding → (key, verdict)
  for (const auto& row : project.catalog->query(
           "SELECT v.finding, v.verdict, v.decision FROM verdicts v LEFT JOIN decisions d ON d.id "
           "= v.decision WHERE coalesce(d.undone_at, 0) = 0 ORDER BY v.created_at, v.finding")) {
    const std::string key = row.text(2).empty() ? row.text(0) : row.text(2);
    latest[row.text(0)] = {key, row.text(1)};
  }
  std::map<std::string, Judgement> grouped;
  for (const auto& [finding, said] : latest) {
    auto& judgement = grouped[said.first];
    judgement.verdict = said.second;
    judgement.findings.push_back(finding);
  }
  std::vector<Judgement> result;
  result.reserve(grouped.size());
  for (auto& [key, judgement] : grouped) {
    result.push_back(std::move(judgement));
  }
  return result;
}

// Whole samples are judged for one model, labels and clusters for all.
std::string judged_subject(const Finding& finding) {
  return finding_subject(finding) + (finding.object.empty() ? "\n" + finding.model : "");
}

}  // namespace

double prior_precision(const std::string& check) {
  static const std::map<std::string, double> table = {{"flags", 0.9},
                                                      {"hindsight", 0.7},
                                                      {"sensor_disagreement", 0.7},
                                                      {"error_types", 0.95},
                                                      {"label_sanity", 0.6},
                                                      {"label_loss", 0.3},
                                                      {"label_errors", 0.3},
                                                      {"embedding_distance", 0.4},
                                                      {"embeddings", 0.4},
                                                      {"track_disagreement", 0.15},
                                                      {"uncertainty", 0.15},
                                                      {"miscalibration", 0.15}};
  const auto known = table.find(check);
  return known == table.end() ? 0.3 : known->second;
}

std::string evidence_of(const std::string& check) {
  static const std::map<std::string, std::string> table = {
      {"error_types", kLabelsAgainstModel},
      {"label_loss", kLabelsAgainstModel},
      {"label_errors", kLabelsAgainstModel},
      {"embedding_distance", "looks"},
      {"embeddings", "looks"},
      {"uncertainty", "the model's own doubt"},
      {"miscalibration", "the model's own doubt"}};
  const auto known = table.find(check);
  return known == table.end() ? check : known->second;
}

Channels::Channels(Project& project, const std::vector<CurrentCheck>& current) {
  for (const auto& check : current) {
    for (const auto& finding : check.findings) {
      scores_[channel_of(finding)].push_back(finding.score);
    }
  }
  for (auto& [channel, scores] : scores_) {
    std::sort(scores.begin(), scores.end());
  }
  learn(project);
}

void Channels::learn(Project& project) {
  const auto said = judgements(project);
  std::vector<std::string> ids;
  for (const auto& judgement : said) {
    ids.insert(ids.end(), judgement.findings.begin(), judgement.findings.end());
  }
  std::map<std::string, Finding> known;
  const auto removed = removed_checks(project);
  for (auto& finding : findings_by_id(project, std::move(ids))) {
    if (removed.contains(finding.check)) {
      continue;
    }
    scores_[channel_of(finding)];  // a channel that found nothing that stands is a channel still
    known.emplace(finding.id, std::move(finding));
  }
  for (const auto& [name, scores] : scores_) {
    names_.push_back(name);
  }
  std::vector<kernels::JudgedVotes> judged;
  for (const auto& judgement : said) {
    std::vector<const Finding*> findings;
    std::set<ChannelName> channels;
    std::set<std::string> evidence;
    for (const auto& id : judgement.findings) {
      const auto it = known.find(id);
      if (it == known.end()) {
        continue;
      }
      const Finding& finding = it->second;
      findings.push_back(&finding);
      judged_.insert(judged_subject(finding));
      if (channels.insert(channel_of(finding)).second) {
        count(counts_[channel_of(finding)], judgement.verdict);  // once an item and channel
      }
      if (evidence.insert(evidence_of(finding.check)).second) {
        ++judged_by_evidence_[evidence_of(finding.check)];
      }
    }
    if (!findings.empty()) {
      judged.push_back({votes(findings), worth_of(judgement.verdict)});
    }
  }
  std::vector<kernels::ChannelPrior> priors;
  std::map<std::string, std::uint32_t> checks;
  for (const auto& name : names_) {
    const auto group = checks.try_emplace(name.check, static_cast<std::uint32_t>(checks.size()));
    priors.push_back({prior_precision(name.check), group.first->second});
  }
  fusion_.emplace(priors, judged);
}

std::uint32_t Channels::index_of(const ChannelName& channel) const {
  const auto it = std::lower_bound(names_.begin(), names_.end(), channel);
  return static_cast<std::uint32_t>(it - names_.begin());
}

const VerdictCounts& Channels::counts(const ChannelName& channel) const {
  static const VerdictCounts none;
  const auto it = counts_.find(channel);
  return it == counts_.end() ? none : it->second;
}

std::vector<kernels::Vote> Channels::votes(const std::vector<const Finding*>& findings) const {
  struct Word {
    double precision = 0;
    kernels::Vote vote;
  };
  std::map<std::string, Word> words;  // by kind of evidence
  for (const auto* finding : findings) {
    const Word word{prior_precision(finding->check),
                    {index_of(channel_of(*finding)),
                     kernels::rank_in(scores_.at(channel_of(*finding)), finding->score)}};
    auto& kept = words.try_emplace(evidence_of(finding->check), word).first->second;
    if (std::pair(word.precision, word.vote.rank) > std::pair(kept.precision, kept.vote.rank)) {
      kept = word;
    }
  }
  std::vector<kernels::Vote> votes;
  votes.reserve(words.size());
  double first = 0;  // precision of the most trusted
  for (const auto& [evidence, word] : words) {
    first = std::max(first, word.precision);
  }
  for (const auto& [evidence, word] : words) {
    votes.push_back(word.vote);
    votes.back().weight = word.precision == first ? 1 : kSecondWord;
  }
  return votes;
}

double Channels::top_rank(const ChannelName& channel) const {
  const auto& scores = scores_.at(channel);
  return scores.empty() ? 0.5 : kernels::rank_in(scores, scores.back());
}

std::int64_t Channels::judged_count(const std::string& evidence) const {
  const auto it = judged_by_evidence_.find(evidence);
  return it == judged_by_evidence_.end() ? 0 : it->second;
}

double Channels::model_share(const Finding& finding) const {
  const auto& said = counts(channel_of(finding));
  const auto model = static_cast<double>(said.model_error);
  const auto label = static_cast<double>(said.label_error);
  return (kGuessStrength * guess_of(finding) + model) / (kGuessStrength + model + label);
}

bool Channels::judged(const Finding& finding) const {
  return judged_.contains(judged_subject(finding));
}

Json channels(Project& project, const std::string& model) {
  const auto current = current_findings(project, queue_model(project, model), true);
  const Channels known(project, current);
  Json rows = Json::array();
  for (std::uint32_t c = 0; c < known.names().size(); ++c) {
    const auto& name = known.names()[c];
    const auto& counts = known.counts(name);
    std::int64_t standing = 0;
    for (const auto& check : current) {
      standing += std::count_if(
          check.findings.begin(), check.findings.end(),
          [&](const Finding& f) { return channel_of(f) == name && !known.judged(f); });
    }
    const auto total = static_cast<double>(counts.total());
    const auto range = kernels::wilson_interval(counts.confirmed(), total);
    const kernels::Vote middle{c, 0.5};
    const kernels::Vote top{c, known.top_rank(name)};
    rows.push_back({{"check", name.check},
                    {"error", name.error},
                    {"findings", standing},
                    {"verdicts", counts.total()},
                    {"model_error", counts.model_error},
                    {"label_error", counts.label_error},
                    {"ambiguous", counts.ambiguous},
                    {"ignore", counts.ignore},
                    {"precision", total > 0 ? Json(counts.confirmed() / total) : Json()},
                    {"low", range.low},
                    {"high", range.high},
                    {"prior", prior_precision(name.check)},
                    {"expected", known.fusion().probability({&middle, 1})},
                    {"expected_top", known.fusion().probability({&top, 1})}});
  }
  return {{"channels", rows}};
}

}  // namespace spotter::triage
