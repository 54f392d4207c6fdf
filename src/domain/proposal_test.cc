#include "domain/proposal.h"

#include <gtest/gtest.h>

namespace spotter {
namespace {

TEST(Proposal, GoesIntoTheEvidenceAndComesBack) {
  const Proposal proposal{.action = "set_box", .object = "3", .box = {1, 2, 30, 40}};
  const Finding finding{.evidence = Json({{"iou", 0.4}, {"proposal", to_json(proposal)}}).dump()};
  const auto read = proposal_of(finding);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->action, "set_box");
  EXPECT_EQ(read->object, "3");
  EXPECT_EQ(read->class_name, "");
  EXPECT_EQ(read->box.y2, 40);
}

TEST(Proposal, WhatCannotBeReadIsNoProposal) {
  for (const char* evidence : {"", "{}", "[1]", R"({"proposal": 3})", R"({"proposal": {}})",
                               R"({"proposal": {"action": 7, "object": 3, "box": "here"}})"}) {
    EXPECT_FALSE(proposal_of({.evidence = evidence}).has_value()) << evidence;
  }
  const auto half =
      proposal_of({.evidence = R"({"proposal": {"action": "add", "box": [1, "2"]}})"});
  ASSERT_TRUE(half.has_value());
  EXPECT_EQ(half->box.width(), 0);
}

}  // namespace
}  // namespace spotter
