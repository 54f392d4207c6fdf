#include "loop/checks/custom.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/attempt.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "domain/finding_errors.h"
#include "domain/proposal.h"
#include "project/check_runs.h"
#include "store/lake/query_within.h"

namespace spotter::checks {
namespace {

bool plain_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool built_in(std::string_view name) {
  const auto checks = all_checks();
  return std::any_of(checks.begin(), checks.end(),
                     [&](const Check* check) { return check->name == name; });
}

CustomCheck custom_of(const Json& entry) {
  CustomCheck check;
  check.name = json_get_or<std::string>(entry, "name", "");
  check.summary = json_get_or<std::string>(entry, "summary", "");
  check.sql = json_get_or<std::string>(entry, "sql", "");
  for (const auto& word : json_get_or(entry, "command", Json::array())) {
    check.command.push_back(word.is_string() ? word.get<std::string>() : word.dump());
  }
  check.timeout_s = json_get_or(entry, "timeout_s", check.timeout_s);
  check.parameters = json_get_or(entry, "parameters", Json::object());
  return check;
}

// $name as DuckDB's numbered parameters; texts and quoted names stay as they are.
struct BoundSql {
  std::string text;
  std::vector<lake::Value> values;
};

lake::Value value_of(const Json& json) {
  if (json.is_number_integer()) {
    return json.get<std::int64_t>();
  }
  if (json.is_number()) {
    return json.get<double>();
  }
  if (json.is_boolean()) {
    return json.get<bool>();
  }
  return json.is_string() ? json.get<std::string>() : json.dump();
}

BoundSql bound_sql(const CustomCheck& check, const std::string& model) {
  std::map<std::string, lake::Value> known = {{"model", model}};
  for (const auto& [name, value] : check.parameters.items()) {
    known[name] = value_of(value);
  }
  BoundSql bound;
  std::map<std::string, std::size_t> numbers;
  char quote = 0;
  const std::string& sql = check.sql;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    if (quote != 0 || sql[i] == '\'' || sql[i] == '"') {
      quote = quote == 0 ? sql[i] : sql[i] == quote ? '\0' : quote;
    } else if (sql[i] == '$') {
      std::size_t end = i + 1;
      while (end < sql.size() &&
             (std::isalnum(static_cast<unsigned char>(sql[end])) != 0 || sql[end] == '_')) {
        ++end;
      }
      const std::string name = sql.substr(i + 1, end - i - 1);
      if (!known.contains(name)) {
        std::vector<std::string> names;
        for (const auto& [one, value] : known) {
          names.push_back(one);
        }
        fail(ErrorCode::kInvalid,
             fmt::format("check \"{}\": ${} is neither $model nor one of its parameters{}",
                         check.name, name, did_you_mean(name, names)));
      }
      const auto [it, is_new] = numbers.emplace(name, bound.values.size() + 1);
      if (is_new) {
        bound.values.push_back(known[name]);
      }
      bound.text += fmt::format("${}", it->second);
      i = end - 1;
      continue;
    }
    bound.text += sql[i];
  }
  return bound;
}

// The statement without the semicolon and blanks that may close it.
std::string bare(std::string_view sql) {
  sql = trim(sql);
  while (!sql.empty() && sql.back() == ';') {
    sql = trim(sql.substr(0, sql.size() - 1));
  }
  return std::string(sql);
}

Json row_of(const lake::Table& table, std::size_t row) {
  Json json = Json::object();
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    std::visit(
        [&](const auto& value) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) {
            json[table.columns[c]] = value;
          }
        },
        table.rows[row][c]);
  }
  return json;
}

[[noreturn]] void refuse(const std::string& why) {
  fail(ErrorCode::kInvalid, why);
}

// The row's members as they stand; what has no meaning is evidence.
Finding members_of(const Json& row) {
  Finding finding{.error = "uncertain", .score = 1};
  Json evidence = Json::object();
  std::array<std::optional<double>, 4> corners;
  static const std::map<std::string, std::size_t> kCorners = {
      {"x1", 0}, {"y1", 1}, {"x2", 2}, {"y2", 3}};
  for (const auto& [key, value] : row.items()) {
    if (value.is_null()) {  // as if it were not there, as in SQL
      continue;
    }
    if (key == "sample" || key == "object" || key == "error" || key == "class") {
      const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
      (key == "sample"   ? finding.sample
       : key == "object" ? finding.object
       : key == "error"  ? finding.error
                         : finding.class_name) = text;
    } else if (key == "score") {
      finding.score = value.is_number() ? value.get<double>() : -1;
    } else if (const auto corner = kCorners.find(key); corner != kCorners.end()) {
      corners[corner->second] = value.is_number() ? value.get<double>() : NAN;
    } else if (key == "box") {
      for (std::size_t i = 0; i < 4; ++i) {
        const bool four = value.is_array() && value.size() == 4 && value[i].is_number();
        corners[i] = four ? value[i].get<double>() : NAN;
      }
    } else if (key == "evidence" && value.is_object()) {
      evidence.update(value);
    } else if (key == "proposal" && value.is_string()) {
      evidence[key] = parse_json(value.get<std::string>(), "the proposal");
    } else {
      evidence[key] = value;
    }
  }
  if (corners[0] || corners[1] || corners[2] || corners[3]) {
    finding.box = {corners[0].value_or(NAN), corners[1].value_or(NAN), corners[2].value_or(NAN),
                   corners[3].value_or(NAN)};
    if (!finding.box.valid()) {
      refuse("the box needs four finite numbers with x1 < x2 and y1 < y2");
    }
  }
  finding.evidence = evidence.dump();
  return finding;
}

void require_in_picture(std::string_view what, const Box& box, const Sample& sample) {
  if (sample.width > 0 && sample.height > 0 && !clip(box, sample.width, sample.height).valid()) {
    refuse(fmt::format("{} [{}, {}, {}, {}] lies outside of the picture of {} × {}", what, box.x1,
                       box.y1, box.x2, box.y2, sample.width, sample.height));
  }
}

void require_class(const std::string& name, std::span<const std::string> classes) {
  if (!classes.empty() && std::find(classes.begin(), classes.end(), name) == classes.end()) {
    refuse(fmt::format("\"{}\" is no class of the project{}", name, did_you_mean(name, classes)));
  }
}

// What a person could not accept is refused at once.
void check_proposal(const Finding& finding, const Sample& sample,
                    std::span<const std::string> classes) {
  const auto proposal = proposal_of(finding);
  const std::string action = proposal ? proposal->action : "";
  const bool adds = action == "add";
  if (!adds && action != "remove" && action != "set_class" && action != "set_box") {
    refuse("the proposal needs an action: add, remove, set_class or set_box");
  }
  if (!adds && proposal->object.empty() && finding.object.empty()) {
    refuse(fmt::format("the proposal to {} names no object", action));
  }
  if (adds || action == "set_class") {
    require_class(proposal->class_name, classes);
  }
  if (adds || action == "set_box") {
    if (!proposal->box.valid()) {
      refuse(fmt::format("the proposal to {} needs a box with x1 < x2 and y1 < y2", action));
    }
    require_in_picture("the proposed box", proposal->box, sample);
  }
}

// One row as a finding; fails with the reason when it is none.
Finding finding_of(const std::string& line) {
  const Json row = parse_json(line, "this row");
  if (!row.is_object()) {
    refuse("a finding is a JSON object");
  }
  Finding finding = members_of(row);
  if (!(finding.score >= 0 && finding.score <= 1)) {
    refuse(fmt::format("the score must be a number from 0 to 1, not {}", row["score"].dump()));
  }
  if (std::find(kFindingErrors.begin(), kFindingErrors.end(), finding.error) ==
      kFindingErrors.end()) {
    const std::vector<std::string> known(kFindingErrors.begin(), kFindingErrors.end());
    refuse(fmt::format("\"{}\" is no kind of error{} (there are {})", finding.error,
                       did_you_mean(finding.error, known), fmt::join(known, ", ")));
  }
  return finding;
}

// Whether it fits its sample and the project; fails with the reason when it does not.
void check_finding(const Finding& finding, const Sample& sample,
                   std::span<const std::string> classes) {
  if (finding.box.valid()) {
    require_in_picture("the box", finding.box, sample);
  }
  if (!finding.class_name.empty()) {
    require_class(finding.class_name, classes);
  }
  if (parse_json(finding.evidence, "evidence").contains("proposal")) {
    check_proposal(finding, sample, classes);
  }
}

}  // namespace

Check CustomCheck::check(bool with_model) const {
  Check check;
  check.name = name;
  check.summary = summary;
  if (!command.empty()) {
    check.needs = kNeedsLabels | (with_model ? kNeedsPredictions : 0U);
  }
  return check;
}

std::vector<CustomCheck> custom_checks(const Config& config) {
  std::vector<CustomCheck> checks;
  std::set<std::string> names;
  for (const auto& entry : config.raw.value("checks", Json::array())) {
    CustomCheck check = custom_of(entry);
    if (check.sql.empty() && check.command.empty()) {
      continue;
    }
    const auto refuse = [&](const std::string& why) {
      fail(ErrorCode::kInvalid, fmt::format("check \"{}\" of spotter.yaml {}", check.name, why));
    };
    if (!plain_name(check.name)) {
      refuse("needs a name of small letters, digits and _");
    }
    if (built_in(check.name) || !names.insert(check.name).second) {
      refuse("has the name of another check");
    }
    if (!check.sql.empty() && !check.command.empty()) {
      refuse("has both sql and command; choose one");
    }
    if (check.timeout_s < 1) {
      refuse("has a timeout_s below 1");
    }
    checks.push_back(std::move(check));
  }
  return checks;
}

CustomAnswer ask_lake(Project& project, const CustomCheck& check,
                      const std::optional<trainer::Model>& model, const Prepared& prepared) {
  const BoundSql bound = bound_sql(check, model ? model->id : "");
  lake::Table table;
  const auto refuse = [&](const std::string& why) {
    fail(ErrorCode::kInvalid, fmt::format("check \"{}\": {}", check.name, why));
  };
  try {
    table = lake::query_within(
        *project.lake, std::chrono::seconds(check.timeout_s),
        fmt::format("SELECT * FROM (\n{}\n) LIMIT {}", bare(bound.text), kFindingRowsMax + 1),
        bound.values);
  } catch (const Error& e) {
    if (e.code == ErrorCode::kUnavailable) {
      throw;
    }
    refuse(e.what());  // whatever DuckDB did not like, the SELECT is to be mended
  }
  if (table.rows.size() > kFindingRowsMax) {
    refuse(fmt::format("its SELECT gives more than {} rows; keep the worst by ORDER BY and LIMIT",
                       kFindingRowsMax));
  }
  if (std::find(table.columns.begin(), table.columns.end(), "sample") == table.columns.end()) {
    refuse(fmt::format("its SELECT gives no column \"sample\", only {}",
                       fmt::join(table.columns, ", ")));
  }
  CustomAnswer answer;
  std::vector<std::string> lines;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    lines.push_back(row_of(table, r).dump());
    answer.rows.emplace_back(fmt::format("row {}", r + 1), lines.back());
  }
  std::sort(lines.begin(), lines.end());
  std::string text = fmt::format("{}\n{}\n{}", check.name, check.sql, check.parameters.dump());
  for (const auto& line : lines) {
    text += "\n" + line;
  }
  for (const auto& sample : prepared.samples) {
    text += "\n" + sample.key;
  }
  answer.inputs = sha256_hex(text);
  return answer;
}

CheckOutput findings_of(const CustomCheck& check, const FindingRows& rows, const Prepared& prepared,
                        Strangers strangers, Rejects& rejects) {
  CheckOutput output;
  output.examined.assign(prepared.samples.size(), 1);
  std::map<std::string_view, const Sample*> samples;
  for (const auto& sample : prepared.samples) {
    samples.emplace(sample.key, &sample);
  }
  std::set<std::tuple<std::string, std::string>> seen;  // subject and error
  for (const auto& [where, row] : rows) {
    Finding finding;
    auto problem = problem_of([&] { finding = finding_of(row); });
    const auto sample = samples.find(finding.sample);
    if (problem.empty() && sample == samples.end()) {
      if (strangers == Strangers::kDrop) {
        continue;
      }
      problem = finding.sample.empty() ? "it names no sample"
                                       : fmt::format("there is no sample \"{}\"", finding.sample);
    }
    if (problem.empty()) {
      problem =
          problem_of([&] { check_finding(finding, *sample->second, prepared.input.classes); });
    }
    if (problem.empty() && !seen.emplace(finding_subject(finding), finding.error).second) {
      problem = finding.object.empty() && finding.box.valid()
                    ? "the same sample, box and error stand in a row before"
                    : "the same sample, object and error stand in a row before";
    }
    if (problem.empty()) {
      output.findings.push_back(std::move(finding));
    } else {
      rejects.add(check.name, where, std::move(problem));
    }
  }
  return output;
}

}  // namespace spotter::checks
