#include "project/mode_moves.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "kernels/false_discovery.h"
#include "project/mode_evaluations.h"
#include "project/project.h"

namespace spotter {
namespace {

constexpr double kCertain = 0.05;          // adjusted p below which rates differ beyond chance
constexpr double kFixedShare = 0.5;        // of the first model's rate that may be left
constexpr double kRegressedBy = 0.05;      // rise of the rate that matters
constexpr std::int64_t kExaminedMin = 10;  // units from which a mode can be judged

struct ModelFacts {
  std::string name;
  std::string kind;  // of its run; empty = made elsewhere
  TimeMs created_at = 0;
};

ModelFacts facts_of(Project& project, const std::string& model) {
  const auto rows = project.catalog->query(
      "SELECT m.name, coalesce(r.kind, ''), m.created_at FROM models m LEFT JOIN runs r ON r.id = "
      "m.run WHERE m.id = $1",
      {model});
  return rows.empty() ? ModelFacts{}
                      : ModelFacts{rows[0].text(0), rows[0].text(1), rows[0].integer(2)};
}

std::string percent(double rate) {
  return fmt::format("{:.0f} %", 100 * rate);
}

double rate_of(std::int64_t failed, std::int64_t examined) {
  return examined > 0 ? static_cast<double>(failed) / static_cast<double>(examined) : 0;
}

std::string words_of(const ModeEvaluation& row, const std::string& model) {
  return fmt::format("{} fails on {} of {} {} of it ({})", model, row.failed, row.examined,
                     row.unit, percent(rate_of(row.failed, row.examined)));
}

// The model that the mode's newest move speaks of, among those that were measured.
const ModeEvaluation* row_of_model(const std::vector<ModeEvaluation>& rows,
                                   const std::string& model) {
  const auto it = std::find_if(rows.rbegin(), rows.rend(),
                               [&](const ModeEvaluation& row) { return row.model == model; });
  return it == rows.rend() ? nullptr : &*it;
}

// What one mode asks of the newly measured model.
class Question {
 public:
  Question(Project& project, const FailureMode& mode, std::string model, ModelFacts facts)
      : project_(project),
        mode_(mode),
        model_(std::move(model)),
        facts_(std::move(facts)),
        rows_(mode_evaluations(project, mode.id)) {
    const auto* now = row_of_model(rows_, model_);
    if (now == nullptr || model_ == mode_.first_model || arm() || !newer()) {
      return;
    }
    if (now->examined < kExaminedMin || now->scenes.size() < 2) {
      stays_ =
          fmt::format("too few test {} of it to say whether {} is better", now->unit, facts_.name);
    } else if (mode_.state == "fixed") {
      ask_regressed(*now);
    } else {
      ask_fixed(*now);
    }
  }

  // "fixed" or "regressed": the state that is asked for; empty = none.
  [[nodiscard]] const std::string& state() const { return state_; }
  // One-sided, of no difference; NaN without a question.
  [[nodiscard]] double p() const { return p_; }

  void answer(double p_adjusted) {
    if (!state_.empty() && enough_ && p_adjusted < kCertain) {
      set_failure_mode_state(project_, mode_.id, state_, model_, note_);
    } else if (!stays_.empty() && mode_.state == "training" && facts_.kind == "train") {
      // Work on the mode ended with this model, and it is not fixed.
      set_failure_mode_state(project_, mode_.id, "open", model_, "not fixed yet: " + stays_);
    }
  }

 private:
  // Control and random arms are there to compare with, not to ship.
  [[nodiscard]] bool arm() const { return facts_.kind == "control" || facts_.kind == "random"; }

  // Only a model that is newer than the one that moved the mode last says something new, and each
  // says it once.
  [[nodiscard]] bool newer() const {
    if (!project_.catalog
             ->query("SELECT 1 FROM failure_mode_history WHERE failure_mode = $1 AND model = $2 "
                     "AND state IN ('fixed', 'regressed')",
                     {mode_.id, model_})
             .empty()) {
      return false;
    }
    const auto rows = project_.catalog->query(
        "SELECT coalesce(max(m.created_at), 0) FROM failure_mode_history h JOIN models m ON m.id = "
        "h.model WHERE h.failure_mode = $1 AND h.model <> $2",
        {mode_.id, model_});
    return facts_.created_at >= rows[0].integer(0);
  }

  // The model that fixed the mode last; empty = none did.
  [[nodiscard]] std::string fixed_by() const {
    const auto rows = project_.catalog->query(
        "SELECT model FROM failure_mode_history WHERE failure_mode = $1 AND state = 'fixed' ORDER "
        "BY created_at DESC LIMIT 1",
        {mode_.id});
    return rows.empty() ? "" : rows[0].text(0);
  }

  void ask_fixed(const ModeEvaluation& now) {
    const auto* first = row_of_model(rows_, mode_.first_model);
    if (first == nullptr) {
      stays_ = words_of(now, facts_.name);
      return;
    }
    const auto gap = compare(*first, now);
    const double elsewhere = rate_of(now.elsewhere_failed, now.elsewhere_examined);
    const auto* fixer = row_of_model(rows_, fixed_by());
    state_ = "fixed";
    p_ = gap.p_fall;
    enough_ = gap.second <= std::max(kFixedShare * gap.first, elsewhere) &&
              (fixer == nullptr || compare(*fixer, now).p_rise >= kCertain);
    note_ = stays_ = fmt::format("{}; {} of it with {}", words_of(now, facts_.name),
                                 percent(gap.first), facts_of(project_, first->model).name);
  }

  void ask_regressed(const ModeEvaluation& now) {
    const auto* before = row_of_model(rows_, fixed_by());
    if (before == nullptr || before == &now) {
      return;
    }
    const auto gap = compare(*before, now);
    state_ = "regressed";
    p_ = gap.p_rise;
    enough_ = gap.second - gap.first >= kRegressedBy;
    note_ = fmt::format("{}; {} of it with {}", words_of(now, facts_.name), percent(gap.first),
                        facts_of(project_, before->model).name);
  }

  Project& project_;
  const FailureMode& mode_;
  std::string model_;
  ModelFacts facts_;
  std::vector<ModeEvaluation> rows_;
  std::string state_;
  std::string note_;   // for the history, if it moves
  std::string stays_;  // why it does not, if it does not
  double p_ = std::numeric_limits<double>::quiet_NaN();
  bool enough_ = false;  // the difference is large enough to matter
};

}  // namespace

void move_modes(Project& project, std::span<const FailureMode> modes, std::string_view model) {
  const std::string id(model);
  const auto facts = facts_of(project, id);
  std::vector<Question> questions;
  questions.reserve(modes.size());
  for (const auto& mode : modes) {
    questions.emplace_back(project, mode, id, facts);
  }
  const auto adjusted = [&](std::string_view state) {
    std::vector<double> p;
    for (const auto& question : questions) {
      p.push_back(question.state() == state ? question.p()
                                            : std::numeric_limits<double>::quiet_NaN());
    }
    return kernels::holm(p);
  };
  const auto fixed = adjusted("fixed");
  const auto regressed = adjusted("regressed");
  for (std::size_t i = 0; i < questions.size(); ++i) {
    questions[i].answer(questions[i].state() == "regressed" ? regressed[i] : fixed[i]);
  }
}

}  // namespace spotter
