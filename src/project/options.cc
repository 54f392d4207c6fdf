#include "project/options.h"

#include <algorithm>
#include <array>
#include <regex>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace spotter {
namespace {

constexpr std::array kOptions = {
    OptionSpec{"name", R"("")", "Name of the project; empty = the folder's"},
    OptionSpec{"task", R"("detection")", "What the model does",
               "detection|classification|trajectory"},
    OptionSpec{"classes", "[]", "Classes of the labels, in the model's order"},
    OptionSpec{"sources", "[]",
               "What `ingest` brings in: a list of {format, path, images, as, layer, model}"},
    OptionSpec{"slices[].name", R"("")", "Name of a slice, unique"},
    OptionSpec{"slices[].where", R"("true")",
               "Filter over samples and label.*; see docs/guide/query.md"},
    OptionSpec{"slices[].class", R"("")", "Score only this class; empty = mean over classes"},
    OptionSpec{"slices[].weight", "1.0",
               "Business weight: how much a failure here costs, against 1"},
    OptionSpec{"slices[].blocking", "true", "Whether a loss here stops a deployment"},
    OptionSpec{"slices[].must", R"("not_lose")", "What the challenger must do here",
               "win|not_lose|report"},
    OptionSpec{"checks[].name", R"("")",
               "A check to run; no built-in one listed = all of them with their defaults"},
    OptionSpec{"checks[].parameters", "{}", "Its parameters; see docs/reference/checks.md"},
    OptionSpec{"checks[].summary", R"("")", "Of a check of your own: what it finds, in one line"},
    OptionSpec{
        "checks[].sql", R"("")",
        "Makes it a check of your own: one SELECT that gives findings (docs/guide/checks.md)"},
    OptionSpec{"checks[].command", "[]",
               "Makes it a check of your own: a program that reads samples and writes findings"},
    OptionSpec{"checks[].timeout_s", "600", "Seconds after which that program or SELECT is ended"},
    OptionSpec{"curate.budget", "200", "Samples that a cycle may send to be labelled"},
    OptionSpec{"curate.where", R"("true")", "Filter: samples that campaigns may pick"},
    OptionSpec{"label.team", R"("export")",
               "Who labels: export = files out and in; simulated = the demo's", "export|simulated"},
    OptionSpec{"label.format", R"("cvat")", "Interchange format of batches", "cvat|coco|csv"},
    OptionSpec{"label.truth", R"("")", "Hidden truth that the simulated team reveals (demo only)"},
    OptionSpec{"label.error_rate", "0.03", "Share of honest mistakes of the simulated team"},
    OptionSpec{"version.test_share", "0.2", "Share of new scenes that test"},
    OptionSpec{"version.val_share", "0.1", "Share of new scenes that validate"},
    OptionSpec{"train.command", "[]",
               "Your own trainer; empty = the built-in one (docs/internals/trainer.md)"},
    OptionSpec{"train.infer_command", "[]", "Your own inference; needed with train.command"},
    OptionSpec{"train.parameters", "{}", "Parameters for the trainer"},
    OptionSpec{"train.warm_parameters", "{}", "Laid over them when training goes on from a model"},
    OptionSpec{"train.warm_start", "true", "Start from the champion instead of from scratch"},
    OptionSpec{"train.new_weight", "2.0",
               "Weight of samples that the model trained from has not seen; 1 = as the others"},
    OptionSpec{"train.control", "true",
               "Also train as long on the old data, so that gains are credited fairly"},
    OptionSpec{"train.random_control", "false",
               "Also train with as many random samples as were curated"},
    OptionSpec{"train.timeout_minutes", "0", "Give up after this long; 0 = never"},
    OptionSpec{"executor", R"("local")", "Where jobs run"},
    OptionSpec{"executor_options", "{}", "Options of the executor"},
    OptionSpec{"gate.margin", "0.02",
               "How much a slice may lose at most: AP50, accuracy, or metres of ADE"},
    OptionSpec{"gate.confidence", "0.95", "Of the intervals"},
    OptionSpec{"gate.resamples", "2000", "Bootstrap draws of scenes"},
    OptionSpec{"gate.suspicious_gain", "0.35",
               "A larger gain is held for a person: it may be a leak"},
    OptionSpec{"gate.approval", R"("person")", "Who lets a passed model ship", "person|auto"},
    OptionSpec{"deploy.target", R"("production")", "Name of the target"},
    OptionSpec{"deploy.folder", R"("")",
               "Folder that holds the targets; empty = deployed/ in the project"},
    OptionSpec{"schedule.cycle", R"("")",
               "When `spotter serve` starts a cycle, as cron: 0 2 * * 1; empty = never"},
    OptionSpec{"schedule.rehearsal", R"("0 5 * * *")", "When it rehearses"},
    OptionSpec{"rehearsal.samples", "32",
               "Labelled samples of a rehearsal; half of them play production"},
    OptionSpec{"rehearsal.parameters", "{}", "Laid over train.parameters in a rehearsal"},
    OptionSpec{"cost.person_hour", "90.0", "Money for an hour of a person"},
    OptionSpec{"cost.machine_hour", "1.0", "Money for an hour of a machine"},
    OptionSpec{"cost.currency", R"("USD")", "Its currency"},
};

// "slices[3].weight" as it stands in the table: "slices[].weight".
std::string general_name(const std::string& name) {
  static const std::regex kIndex(R"(\[\d+\])");
  return std::regex_replace(name, kIndex, "[]");
}

const OptionSpec* find_option(std::string_view name) {
  const auto found =
      std::find_if(kOptions.begin(), kOptions.end(), [&](const auto& o) { return o.name == name; });
  return found == kOptions.end() ? nullptr : &*found;
}

bool is_section(const std::string& name) {
  return std::any_of(kOptions.begin(), kOptions.end(), [&](const auto& o) {
    return o.name.starts_with(name + ".") || o.name.starts_with(name + "[].");
  });
}

bool same_type(const Json& wanted, const Json& given) {
  if (wanted.is_number_float()) {
    return given.is_number();
  }
  if (wanted.is_number()) {
    return given.is_number_integer();
  }
  return wanted.type() == given.type();
}

std::string_view type_text(const Json& wanted) {
  switch (wanted.type()) {
    case Json::value_t::boolean:
      return "true or false";
    case Json::value_t::number_float:
      return "a number";
    case Json::value_t::string:
      return "text";
    case Json::value_t::array:
      return "a list";
    case Json::value_t::object:
      return "a list of `key: value` lines";
    default:
      return "a whole number";
  }
}

struct Checker {
  const YamlDocument& document;
  std::string_view origin;

  [[noreturn]] void refuse(const std::string& name, const std::string& why) const {
    const auto line = document.lines.find(name);
    fail(ErrorCode::kInvalid,
         fmt::format("line {}: \"{}\" {}: {}", line == document.lines.end() ? 0 : line->second,
                     name, why, origin));
  }

  void unknown(const std::string& name) const {
    std::vector<std::string> known;
    for (const auto& option : kOptions) {
      known.emplace_back(option.name);
    }
    refuse(name,
           fmt::format("is no key of spotter.yaml{}", did_you_mean(general_name(name), known)));
  }

  void option(const OptionSpec& spec, const std::string& name, const Json& value) const {
    const Json fallback = Json::parse(spec.fallback);
    if (!value.is_null() && !same_type(fallback, value)) {
      refuse(name, fmt::format("must be {}", type_text(fallback)));
    }
    if (!spec.choices.empty() && value.is_string()) {
      const auto choices = split(spec.choices, '|');
      if (std::find(choices.begin(), choices.end(), value.get<std::string>()) == choices.end()) {
        refuse(name, fmt::format("must be one of {}", fmt::join(choices, ", ")));
      }
    }
  }

  void walk(const std::string& name, const Json& value) const {
    if (const auto* spec = find_option(general_name(name))) {
      option(*spec, name, value);
      return;
    }
    if (!name.empty() && !is_section(general_name(name))) {
      unknown(name);
    }
    if (value.is_object()) {
      for (const auto& [key, item] : value.items()) {
        walk(name.empty() ? key : name + "." + key, item);
      }
    } else if (value.is_array()) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        walk(fmt::format("{}[{}]", name, i), value[i]);
      }
    } else if (!value.is_null()) {
      refuse(name, "must be a section with keys of its own");
    }
  }
};

}  // namespace

std::span<const OptionSpec> all_options() {
  return kOptions;
}

Json option_default(std::string_view name) {
  const auto* spec = find_option(name);
  require(spec != nullptr, fmt::format("the option \"{}\" is in the table", name));
  return Json::parse(spec->fallback);
}

void check_options(const YamlDocument& document, std::string_view origin) {
  Checker{document, origin}.walk("", document.value);
}

Json option_value(const Json& value, std::string_view name) {
  const Json* here = &value;
  for (const auto& part : split(name, '.')) {
    const auto found = here->find(part);
    if (!here->is_object() || found == here->end() || found->is_null()) {
      return option_default(name);
    }
    here = &*found;
  }
  return *here;
}

}  // namespace spotter
