#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/npy.h"
#include "cli/command.h"
#include "cli/print.h"
#include "kernels/confident_learning.h"

namespace spotter::cli {
namespace {

constexpr std::size_t kShown = 20;  // lines of text; --json has them all

struct Words {
  std::string labels;
  std::string probabilities;
  std::string filter{kernels::kLabelFilters[0]};
  bool normalise = false;
};

kernels::LabelFilter filter_of(const std::string& name) {
  const auto at = std::find(kernels::kLabelFilters.begin(), kernels::kLabelFilters.end(), name);
  return static_cast<kernels::LabelFilter>(at - kernels::kLabelFilters.begin());
}

template <typename Real>
void answer(const Context& context, std::span<const std::int64_t> labels, std::size_t classes,
            const kernels::LabelErrors<Real>& found) {
  Json joint = Json::array();
  for (std::size_t k = 0; k < classes; ++k) {
    joint.push_back(std::span(found.joint).subspan(k * classes, classes));
  }
  const Json document = {{"count", found.rows.size()},
                         {"indices", found.rows},
                         {"scores", found.scores},
                         {"confident_joint", std::move(joint)}};
  context.answer(document, [&] {
    fmt::print("{} of {} labels are probably wrong\n", found.rows.size(), labels.size());
    std::vector<std::vector<std::string>> rows;
    for (const auto i : std::span(found.rows).first(std::min(kShown, found.rows.size()))) {
      rows.push_back({fmt::format("{}", i), fmt::format("{}", labels[i]),
                      fmt::format("{:.4g}", found.scores[i])});
    }
    if (!rows.empty()) {
      fmt::print("\n");
      print_table({"row", "label", "its probability"}, rows);
    }
    if (found.rows.size() > kShown) {
      fmt::print("… {} more with --json\n", found.rows.size() - kShown);
    }
  });
}

template <typename Real>
void search(const Context& context, const Words& words, std::span<const std::int64_t> labels,
            const Npy& file) {
  std::vector<Real> room;
  auto values = file.values<Real>(room);
  if (words.normalise) {
    room.assign(values.begin(), values.end());
    kernels::normalise_probabilities<Real>(room, file.columns());
    values = room;
  }
  const auto found =
      kernels::find_label_errors<Real>(labels, {values, file.columns()}, filter_of(words.filter));
  answer(context, labels, file.columns(), found);
}

void search_classes(const Context& context, const Words& words) {
  const Npy label_file(words.labels);
  const Npy file(words.probabilities);
  if (label_file.shape().size() != 1) {
    fail(ErrorCode::kInvalid,
         fmt::format("labels have one dimension, one class number a row: {}", words.labels));
  }
  if (file.shape().size() != 2) {
    fail(
        ErrorCode::kInvalid,
        fmt::format("probabilities have two dimensions, one row a label and one column a class: {}",
                    words.probabilities));
  }
  std::vector<std::int64_t> room;
  const auto labels = label_file.values<std::int64_t>(room);
  try {
    if (file.type() == NpyType::kFloat32) {
      search<float>(context, words, labels, file);
    } else {
      search<double>(context, words, labels, file);
    }
  } catch (const Error& e) {
    const std::string_view hint =
        std::string_view(e.what()).find("outside of") == std::string_view::npos
            ? ""
            : "; --normalise clips probabilities and makes rows add up to 1";
    fail(e.code, fmt::format("{}{}: {}, {}", e.what(), hint, words.labels, words.probabilities));
  }
}

std::function<int()> declare(CLI::App& app, Context& context) {
  auto words = std::make_shared<Words>();
  app.add_option("--labels", words->labels, "Given labels: .npy with one class number a row")
      ->required();
  app.add_option("--probs", words->probabilities,
                 "Out-of-sample probabilities: .npy, one row a label and one column a class")
      ->required();
  app.add_option("--filter", words->filter, "How candidates become errors")
      ->check(CLI::IsMember(
          std::vector<std::string>(kernels::kLabelFilters.begin(), kernels::kLabelFilters.end())))
      ->capture_default_str();
  app.add_flag("--normalise", words->normalise,
               "Clip probabilities to 0 … 1 and make each row add up to 1");
  return [words, &context] {
    search_classes(context, *words);
    return 0;
  };
}

}  // namespace

extern const Command command_label_errors;
const Command command_label_errors = {
    .name = "label-errors",
    .summary = "Find labels that are probably wrong; needs no project",
    .example = "spotter label-errors --labels labels.npy --probs probs.npy --json",
    .declare = declare,
};

}  // namespace spotter::cli
