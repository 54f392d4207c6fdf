// The change to a sample's labels that a check proposes and that a person who knows no machine
// learning accepts with one key. It travels in a finding's evidence under "proposal".
#pragma once
#include <optional>
#include <string>

#include "base/json.h"
#include "domain/finding.h"

namespace spotter {

struct Proposal {
  std::string action;      // "add", "remove", "set_class", "set_box"
  std::string object;      // the label to change; empty when adding
  std::string class_name;  // of "add" and "set_class"
  Box box;                 // of "add" and "set_box"; pixels of the upright image
};

[[nodiscard]] inline Json to_json(const Proposal& proposal) {
  Json json = {{"action", proposal.action}};
  if (!proposal.object.empty()) {
    json["object"] = proposal.object;
  }
  if (!proposal.class_name.empty()) {
    json["class"] = proposal.class_name;
  }
  if (proposal.box.width() > 0) {
    json["box"] = {proposal.box.x1, proposal.box.y1, proposal.box.x2, proposal.box.y2};
  }
  return json;
}

// What the finding proposes; nothing when it proposes nothing that can be read.
[[nodiscard]] inline std::optional<Proposal> proposal_of(const Finding& finding) {
  const Json evidence =
      finding.evidence.empty() ? Json::object() : parse_json(finding.evidence, "evidence");
  const auto it = evidence.find("proposal");
  if (it == evidence.end() || !it->is_object()) {
    return std::nullopt;
  }
  Proposal proposal = {.action = json_get_or<std::string>(*it, "action", ""),
                       .object = json_get_or<std::string>(*it, "object", ""),
                       .class_name = json_get_or<std::string>(*it, "class", "")};
  const auto box = json_get_or<std::vector<double>>(*it, "box", {});
  if (box.size() == 4) {
    proposal.box = {box[0], box[1], box[2], box[3]};
  }
  return proposal;
}

}  // namespace spotter
