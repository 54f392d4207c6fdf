#include "loop/triage/queue.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "domain/finding_errors.h"
#include "domain/proposal.h"
#include "kernels/diversify.h"
#include "loop/triage/channels.h"
#include "loop/triage/looks.h"
#include "loop/triage/queue_items.h"
#include "project/failure_modes.h"
#include "project/sample_conditions.h"
#include "trainer/default_model.h"

namespace spotter::triage {
namespace {

constexpr std::size_t kPool = 2000;       // of the likeliest items, that are diversified
constexpr std::size_t kPoolOfKind = 200;  // and of those of each kind of evidence
constexpr double kUnknownDiscount = 0.1;  // of the odds; see Kinds; before the first verdict
constexpr double kKnownFrom = 15;         // verdicts, after which a kind of evidence is known
constexpr double kLabelledThere = 0.2;    // IoU of a label with what a finding is about
constexpr double kClear = 0.65;           // from which chance of one side an item is not ambiguous
constexpr double kUsualSeconds = 20;      // of attention for an item, before any was measured

// Everything that stands, with where it is.
struct Standing {
  std::vector<CurrentCheck> checks;
  std::vector<Finding> findings;
  std::map<std::string, Sample> samples;
  std::map<std::string, LabelSet> labels;  // people's, of the samples that have some
  Places places;
};

Standing load(Project& project, const std::string& model) {
  Standing standing;
  standing.checks = current_findings(project, model, true);
  std::set<std::string> keys;
  for (const auto& check : standing.checks) {
    for (const auto& finding : check.findings) {
      keys.insert(finding.sample);
      standing.findings.push_back(finding);
    }
  }
  if (keys.empty()) {
    return standing;
  }
  const std::vector<std::string> wanted(keys.begin(), keys.end());
  for (auto& sample : project.lake->samples(wanted)) {
    if (!sample.sequence.empty()) {
      standing.places.scenes[sample.key] = sample.sequence;
    }
    standing.samples.emplace(sample.key, std::move(sample));
  }
  for (auto& set : project.lake->labels(wanted, kLabelLayer)) {
    for (const auto& label : set.labels) {
      standing.places.boxes[{set.sample, label.object}] = label.box;
      if (!label.track.empty()) {
        standing.places.tracks[{set.sample, label.object}] = label.track;
      }
    }
    standing.labels.emplace(set.sample, std::move(set));
  }
  return standing;
}

std::string item_id(const Standing& standing, const std::vector<std::size_t>& members) {
  std::string first;
  for (const auto i : members) {
    const auto& id = standing.findings[i].id;
    first = first.empty() ? id : std::min(first, id);
  }
  return "item_" + first.substr(first.find('_') + 1);
}

struct Item {
  std::vector<std::size_t> findings;  // the most telling first
  std::vector<kernels::Vote> votes;
  double probability = 0;  // that something is wrong
  double model_share = 0;  // chance that it is the model, if something is
  double worth = 0;        // probability that a person's answer changes something
};

// Chance that the model is wrong if something is: what the channels say, the more telling counting
// more.
double model_share_of(const Channels& known, const std::vector<const Finding*>& findings) {
  double sum = 0;
  double weight = 0;
  for (const auto* finding : findings) {
    const auto votes = known.votes({finding});
    const double telling = std::max(0.05, known.fusion().contribution(votes.front()));
    sum += telling * known.model_share(*finding);
    weight += telling;
  }
  return weight > 0 ? sum / weight : 1;
}

// Whether people have labelled what a finding is about, so that the model's error there is counted
// without anybody's minute and only a wrong label is worth a look.
bool is_labelled(const Standing& standing, const Finding& finding) {
  const auto labels = standing.labels.find(finding.sample);
  if (labels == standing.labels.end()) {
    return false;
  }
  const Box place = place_of(finding, standing.places);
  return evidence_of(finding.check) == kLabelsAgainstModel ||
         std::any_of(labels->second.labels.begin(), labels->second.labels.end(),
                     [&](const Label& label) { return iou(label.box, place) >= kLabelledThere; });
}

// Sets the votes of an item and what is believed of it: that something is wrong, whether it would
// be the model, and what a person's answer is worth. Where nobody has labelled anything, no label
// can be wrong. What a person flagged is always looked at.
void judge(const Standing& standing, const Channels& known, Item& item) {
  std::vector<const Finding*> all;
  std::vector<const Finding*> of_label;  // that blame the label
  bool labelled = false;
  bool flagged = false;
  for (const auto i : item.findings) {
    const Finding& finding = standing.findings[i];
    all.push_back(&finding);
    labelled = labelled || is_labelled(standing, finding);
    flagged = flagged || finding.check == "flags";
    if (known.model_share(finding) < 0.5) {
      of_label.push_back(&finding);
    }
  }
  item.votes = known.votes(all);
  item.probability = known.fusion().probability(item.votes);
  item.model_share = standing.labels.contains(all.front()->sample) ? model_share_of(known, all) : 1;
  item.worth = item.probability;
  if (labelled && !flagged) {
    item.worth *= 1 - item.model_share;
  }
  if (labelled && !of_label.empty()) {
    const double share = model_share_of(known, of_label);
    item.worth =
        std::max(item.worth, known.fusion().probability(known.votes(of_label)) * (1 - share));
  }
}

// Tells apart what is equally worth: among a channel's strongest the probability is one.
double best_rank(const Item& item) {
  double best = 0;
  for (const auto& vote : item.votes) {
    best = std::max(best, vote.rank);
  }
  return best;
}

std::vector<Item> make_items(const Standing& standing, const Channels& known) {
  std::vector<Item> items;
  for (auto& members : merge_findings(standing.findings, standing.places)) {
    const bool judged = std::any_of(members.begin(), members.end(), [&](std::size_t i) {
      return known.judged(standing.findings[i]);
    });
    if (!judged) {
      Item item{.findings = std::move(members)};
      judge(standing, known, item);
      items.push_back(std::move(item));
    }
  }
  std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    return std::pair(a.worth, best_rank(a)) > std::pair(b.worth, best_rank(b));
  });
  return items;
}

using ModesOf = std::map<std::string, std::vector<std::string>>;

ModesOf modes_of_findings(Project& project) {
  ModesOf result;
  for (const auto& row : project.catalog->query(
           "SELECT f.finding, m.name FROM failure_mode_findings f JOIN failure_modes m ON m.id = "
           "f.failure_mode WHERE m.state <> 'ignored' ORDER BY f.finding, m.name")) {
    result[row.text(0)].push_back(row.text(1));
  }
  return result;
}

std::vector<std::string> modes_of(const Standing& standing, const Item& item,
                                  const ModesOf& modes) {
  std::set<std::string> names;
  for (const auto i : item.findings) {
    if (const auto it = modes.find(standing.findings[i].id); it != modes.end()) {
      names.insert(it->second.begin(), it->second.end());
    }
  }
  return {names.begin(), names.end()};
}

std::string class_of(const Standing& standing, const Item& item) {
  for (const auto i : item.findings) {
    if (!standing.findings[i].class_name.empty()) {
      return standing.findings[i].class_name;
    }
  }
  return "";
}

// Kinds of evidence: which one speaks loudest for each item, and how much of its odds each
// keeps for every item that is shown before. One that people have hardly judged may not fill the
// screen, for what is believed of it is only a guess.
struct Kinds {
  std::vector<std::uint32_t> of_item;
  std::vector<double> share;
};

Kinds kinds_of(const Channels& known, const std::vector<Item>& items) {
  Kinds kinds;
  std::map<std::string, std::uint32_t> numbers;
  for (const auto& item : items) {
    const auto loudest = std::max_element(
        item.votes.begin(), item.votes.end(), [&](const kernels::Vote& a, const kernels::Vote& b) {
          return known.fusion().contribution(a) < known.fusion().contribution(b);
        });
    const auto evidence = evidence_of(known.names()[loudest->channel].check);
    const auto number =
        numbers.try_emplace(evidence, static_cast<std::uint32_t>(numbers.size())).first->second;
    if (number == kinds.share.size()) {
      const auto judged = static_cast<double>(known.judged_count(evidence));
      kinds.share.push_back(1 - kUnknownDiscount * std::max(0.0, 1 - judged / kKnownFrom));
    }
    kinds.of_item.push_back(number);
  }
  return kinds;
}

// The items that are diversified: the likeliest, and the likeliest of each kind of evidence.
std::vector<std::uint32_t> pool_of(const std::vector<Item>& items, const Kinds& kinds) {
  std::vector<std::size_t> taken(kinds.share.size());
  std::vector<std::uint32_t> pool;
  for (std::uint32_t i = 0; i < items.size(); ++i) {
    if (++taken[kinds.of_item[i]] <= kPoolOfKind || i < kPool) {
      pool.push_back(i);
    }
  }
  return pool;
}

double odds(double probability) {
  return probability / std::max(1 - probability, 1e-4);
}

// The order in which the items are shown: the likeliest are spread over scenes, looks and kinds of
// evidence.
std::vector<std::uint32_t> order_of(Project& project, const std::string& model,
                                    const Standing& standing, const Channels& known,
                                    const std::vector<Item>& items, std::size_t limit) {
  const Kinds kinds = kinds_of(known, items);
  const auto pool = pool_of(items, kinds);
  std::vector<double> relevance;
  std::vector<std::uint32_t> kind;
  std::vector<Sample> samples;
  std::vector<std::string> keys;
  for (const auto i : pool) {
    relevance.push_back(odds(items[i].worth));
    kind.push_back(kinds.of_item[i]);
    keys.push_back(standing.findings[items[i].findings.front()].sample);
    const auto sample = standing.samples.find(keys.back());
    samples.push_back(sample == standing.samples.end() ? Sample{.key = keys.back()}
                                                       : sample->second);
  }
  const auto scenes = scene_numbers(samples);
  const auto looks = looks_of(project, model, keys);
  const auto chosen =
      kernels::diversify({relevance, scenes, looks.rows, looks.dimensions, kind, kinds.share},
                         std::min(limit, pool.size()));
  std::vector<std::uint32_t> order;
  for (const auto i : chosen) {
    order.push_back(pool[i]);
  }
  for (std::uint32_t i = 0; order.size() < limit && i < items.size(); ++i) {
    if (!std::binary_search(pool.begin(), pool.end(), i)) {
      order.push_back(i);
    }
  }
  return order;
}

Json box_json(const Box& b) {
  return b.valid() ? Json{b.x1, b.y1, b.x2, b.y2} : Json();
}

Json channels_json(const Standing& standing, const Channels& known, const Item& item) {
  Json rows = Json::array();
  for (const auto& vote : item.votes) {
    const auto& name = known.names()[vote.channel];
    const auto strongest =
        std::find_if(item.findings.begin(), item.findings.end(),
                     [&](std::size_t i) { return channel_of(standing.findings[i]) == name; });
    const Finding& finding = standing.findings[*strongest];
    rows.push_back(
        {{"check", name.check},
         {"score", finding.score},
         {"rank", vote.rank},
         {"log_odds", known.fusion().contribution(vote)},
         {"error", finding.error},
         {"finding", finding.id},
         {"evidence",
          finding.evidence.empty() ? Json::object() : parse_json(finding.evidence, "evidence")}});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Json& a, const Json& b) {
    return a["log_odds"].get<double>() > b["log_odds"].get<double>();
  });
  return rows;
}

// The findings by how much their channels say, so that the first stands for the item.
void put_most_telling_first(const Standing& standing, const Channels& known, Item& item) {
  std::stable_sort(item.findings.begin(), item.findings.end(), [&](std::size_t a, std::size_t b) {
    const auto telling = [&](std::size_t i) {
      return known.fusion().contribution(known.votes({&standing.findings[i]}).front());
    };
    return telling(a) > telling(b);
  });
}

Json proposal_json(const Standing& standing, const Item& item) {
  for (const auto i : item.findings) {
    const Finding& finding = standing.findings[i];
    const auto proposal = proposal_of(finding);
    if (proposal && standing.labels.contains(finding.sample)) {
      Json json = to_json(*proposal);
      json["sample"] = finding.sample;
      return json;
    }
  }
  return nullptr;
}

Json item_json(const Standing& standing, const Channels& known, const Item& item,
               const ModesOf& modes) {
  const Finding& first = standing.findings[item.findings.front()];
  const auto sample = standing.samples.find(first.sample);
  const Sample none{.key = first.sample};
  const Sample& shown = sample == standing.samples.end() ? none : sample->second;
  const double share = item.model_share;
  Json findings = Json::array();
  std::set<std::string> samples;
  for (const auto i : item.findings) {
    findings.push_back(standing.findings[i].id);
    samples.insert(standing.findings[i].sample);
  }
  return {{"id", item_id(standing, item.findings)},
          {"sample", first.sample},
          {"samples", samples},
          {"scene", shown.scene()},
          {"media", shown.media},
          {"width", shown.width},
          {"height", shown.height},
          {"labelled", standing.labels.contains(first.sample)},
          {"object", first.object},
          {"error", first.error},
          {"class", class_of(standing, item)},
          {"box", box_json(place_of(first, standing.places))},
          {"probability", item.probability},
          {"worth", item.worth},
          {"verdict", share >= kClear       ? "model_error"
                      : share <= 1 - kClear ? "label_error"
                                            : "ambiguous"},
          {"model_error", item.probability * share},
          {"label_error", item.probability * (1 - share)},
          {"proposal", proposal_json(standing, item)},
          {"channels", channels_json(standing, known, item)},
          {"findings", findings},
          {"modes", modes_of(standing, item, modes)}};
}

// How many decisions stand, and how long one took.
Json pace(Project& project) {
  const auto rows = project.catalog->query(
      "SELECT count(*), coalesce(sum(seconds), 0), coalesce(sum(CASE WHEN seconds > 0 THEN 1 ELSE "
      "0 END), 0) FROM decisions WHERE undone_at = 0");
  const auto timed = static_cast<double>(rows[0].integer(2));
  return {{"judged", rows[0].integer(0)},
          {"judged_seconds", rows[0].real(1)},
          {"seconds_per_item", timed > 0 ? rows[0].real(1) / timed : kUsualSeconds}};
}

// Throws for a class that neither the project nor a finding that stands knows, and for a kind of
// error that does not exist.
void check_words(const Project& project, const Standing& standing, const QueueOptions& options) {
  if (!options.class_name.empty()) {
    std::set<std::string> known(project.config.classes.begin(), project.config.classes.end());
    for (const auto& finding : standing.findings) {
      known.insert(finding.class_name);
    }
    if (!known.contains(options.class_name)) {
      const std::vector<std::string> names(known.begin(), known.end());
      fail(ErrorCode::kNotFound, fmt::format("there is no class \"{}\"{}", options.class_name,
                                             did_you_mean(options.class_name, names)));
    }
  }
  if (!options.error.empty() && std::find(kFindingErrors.begin(), kFindingErrors.end(),
                                          options.error) == kFindingErrors.end()) {
    const std::vector<std::string> errors(kFindingErrors.begin(), kFindingErrors.end());
    fail(ErrorCode::kInvalid, fmt::format("\"{}\" is no kind of error{}", options.error,
                                          did_you_mean(options.error, errors)));
  }
}

}  // namespace

std::string queue_model(Project& project, const std::string& name) {
  const auto model = trainer::model_or_default(project, name);
  return model ? model->id : "";
}

Json queue(Project& project, const QueueOptions& options) {
  const auto model = queue_model(project, options.model);
  const std::string mode =
      options.mode.empty() ? "" : find_failure_mode(project, options.mode).name;
  const auto standing = load(project, model);
  check_words(project, standing, options);
  const Channels known(project, standing.checks);
  const auto modes = modes_of_findings(project);
  auto items = make_items(standing, known);
  std::erase_if(items, [&](const Item& item) {
    if (!options.class_name.empty() && class_of(standing, item) != options.class_name) {
      return true;
    }
    if (!options.error.empty() &&
        std::none_of(item.findings.begin(), item.findings.end(),
                     [&](std::size_t i) { return standing.findings[i].error == options.error; })) {
      return true;
    }
    const auto names = modes_of(standing, item, modes);
    return !mode.empty() && std::find(names.begin(), names.end(), mode) == names.end();
  });
  for (auto& item : items) {
    put_most_telling_first(standing, known, item);
  }
  Json rows = Json::array();
  for (const auto i : order_of(project, model, standing, known, items, options.limit)) {
    rows.push_back(item_json(standing, known, items[i], modes));
  }
  Json result = {{"model", model}, {"total", items.size()}};
  result.update(pace(project));
  result["items"] = rows;
  return result;
}

std::map<std::string, std::vector<std::string>> standing_items(Project& project,
                                                               const std::string& model) {
  const auto standing = load(project, queue_model(project, model));
  std::map<std::string, std::vector<std::string>> items;
  for (const auto& members : merge_findings(standing.findings, standing.places)) {
    auto& ids = items[item_id(standing, members)];
    ids.reserve(members.size());
    for (const auto i : members) {
      ids.push_back(standing.findings[i].id);
    }
  }
  return items;
}

}  // namespace spotter::triage
