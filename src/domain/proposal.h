// The change to a sample's labels that a check proposes and that a person who knows no machine
// learning accepts with one key. It travels in a finding's evidence under "proposal".
#pragma once
#include <algorithm>
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
  const auto given = evidence.is_object() ? evidence.find("proposal") : evidence.end();
  if (given == evidence.end() || !given->is_object()) {
    return std::nullopt;
  }
  const auto text = [&](const char* key) {
    const auto it = given->find(key);
    return it != given->end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  Proposal proposal = {
      .action = text("action"), .object = text("object"), .class_name = text("class")};
  const auto box = given->find("box");
  if (box != given->end() && box->is_array() && box->size() == 4 &&
      std::all_of(box->begin(), box->end(), [](const Json& side) { return side.is_number(); })) {
    proposal.box = {(*box)[0].get<double>(), (*box)[1].get<double>(), (*box)[2].get<double>(),
                    (*box)[3].get<double>()};
  }
  if (proposal.action.empty()) {
    return std::nullopt;
  }
  return proposal;
}

}  // namespace spotter
