// What checks doubt of the labels: no failure of the model, but work for people in the queue.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "domain/finding_errors.h"
#include "domain/proposal.h"
#include "loop/triage/naming.h"
#include "loop/triage/queue.h"
#include "loop/triage/triage.h"
#include "project/check_runs.h"

namespace spotter::triage {
namespace {

struct Group {
  std::size_t findings = 0;
  std::size_t proposals = 0;
  double score = 0;
  std::set<std::string> samples;

  void add(const Finding& finding) {
    ++findings;
    proposals += proposal_of(finding) ? 1 : 0;
    score = std::max(score, finding.score);
    samples.insert(finding.sample);
  }
};

}  // namespace

Json label_doubts(Project& project, const std::string& name) {
  const auto model = queue_model(project, name);
  const auto verdicts = latest_verdicts(project);
  std::map<std::pair<std::string, std::string>, Group> groups;  // by kind and class
  std::size_t total = 0;
  for (const auto& check : current_findings(project, model)) {
    for (const auto& finding : check.findings) {
      if (doubts_label(finding.error) && !verdicts.contains(finding.id)) {
        groups[{finding.error, finding.class_name}].add(finding);
        ++total;
      }
    }
  }
  std::vector<std::pair<std::pair<std::string, std::string>, Group>> sorted(groups.begin(),
                                                                            groups.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second.findings > b.second.findings;
  });
  Json rows = Json::array();
  for (const auto& [kind, group] : sorted) {
    rows.push_back({{"error", kind.first},
                    {"class", kind.second},
                    {"title", error_words(kind.first, kind.second)},
                    {"findings", group.findings},
                    {"samples", group.samples.size()},
                    {"proposals", group.proposals},
                    {"score", group.score}});
  }
  return {{"model", model}, {"total", total}, {"doubts", rows}};
}

}  // namespace spotter::triage
