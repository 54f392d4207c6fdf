#include "loop/gate/page_table.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "loop/gate/page_words.h"

namespace spotter::gate {
namespace {

using words::change;
using words::flag;
using words::number;
using words::present;
using words::text;

bool compared(const Json& slice) {
  return present(slice, "delta") && number(slice, "before") >= 0 && number(slice, "after") >= 0;
}

// One scale for all intervals, the same on both sides of zero, so that they compare by eye.
struct Scale {
  double reach = 0.05;
  double margin = 0;
  [[nodiscard]] double percent(double value) const {
    return std::clamp(50 + 50 * value / reach, 0.0, 100.0);
  }
};

Scale scale_of(const Json& report) {
  constexpr double kAir = 1.05;
  Scale scale{.margin = number(report, "margin")};
  scale.reach = std::max(scale.reach, scale.margin);
  for (const auto& slice : report["slices"]) {
    if (compared(slice)) {
      scale.reach =
          std::max({scale.reach, std::abs(number(slice, "low")), std::abs(number(slice, "high"))});
    }
  }
  scale.reach *= kAir;
  return scale;
}

// A band where the true change is, a dot at the change, a tick at zero, a shade where a loss is
// allowed.
std::string interval(const Json& slice, const Scale& scale, const std::string& label) {
  const double low = number(slice, "low");
  const double high = number(slice, "high");
  const double zero = scale.percent(0);
  const double allowed = scale.percent(-scale.margin);
  return fmt::format(
      "<svg class=\"interval {}\" width=\"100%\" height=\"16\" role=\"img\" aria-label=\"{}\">"
      "<rect class=\"allowed\" x=\"{:.2f}%\" width=\"{:.2f}%\" height=\"16\"/>"
      "<rect class=\"line\" y=\"7.5\" width=\"100%\" height=\"1\"/>"
      "<rect class=\"zero\" x=\"{:.2f}%\" y=\"1\" width=\"1\" height=\"14\"/>"
      "<rect class=\"band\" x=\"{:.2f}%\" y=\"5\" width=\"{:.2f}%\" height=\"6\" rx=\"3\"/>"
      "<circle class=\"dot\" cx=\"{:.2f}%\" cy=\"8\" r=\"5\"/></svg>",
      low > 0    ? "up"
      : high < 0 ? "down"
                 : "open",
      label, allowed, zero - allowed, zero, scale.percent(low),
      scale.percent(high) - scale.percent(low), scale.percent(number(slice, "delta")));
}

// Whom the gain is due to: the new data only where the new model beats the control beyond chance.
std::string credit(const Json& slice) {
  if (!present(slice, "credited") || number(slice, "delta") <= 0) {
    return "";
  }
  return flag(slice, "credited") ? "due to the new data" : "perhaps only due to more training";
}

std::string change_cell(const Json& slice, const Scale& scale) {
  if (!compared(slice)) {
    return "<td>–</td>";
  }
  const auto delta = change(number(slice, "delta"));
  const auto range =
      fmt::format("{} to {}", change(number(slice, "low")), change(number(slice, "high")));
  return fmt::format(
      "<td><div class=\"change\"><b>{}</b><div>{}<small><i>{}</i> {}</small></div></div></td>",
      delta, interval(slice, scale, fmt::format("{}, between {}", delta, range)), range,
      credit(slice));
}

std::string verdict_cell(const Json& slice) {
  const auto must = text(slice, "must");
  const auto why = words::sentence(words::in_points(text(slice, "reason")));
  if (!words::watched(slice)) {
    return fmt::format("<td title=\"{}\"><span class=\"badge\">Only shown</span></td>", why);
  }
  return fmt::format("<td title=\"{}\">{}<small>{}</small></td>", why,
                     words::badge(text(slice, "verdict")),
                     must == "win"        ? "must win"
                     : must == "not_lose" ? "must not lose"
                                          : must);
}

std::string row(const Json& slice, const Json& report, const Scale& scale,
                const TitleOf& title_of) {
  const auto kind = text(slice, "class");
  const auto objects = kind.empty() ? words::counted(number(slice, "truths"), "object")
                                    : words::grouped(number(slice, "truths")) + " of " + kind;
  std::string html = fmt::format("<tr><td class=\"part\"><b>{}</b><small>{}, {}</small></td>",
                                 words::part_name(slice.value("name", ""), title_of), objects,
                                 words::counted(number(slice, "scenes"), "scene"));
  const auto cell = [&](const char* who, const char* key, std::string_view style) {
    if (present(report, who)) {
      html += fmt::format("<td class=\"{}\">{}</td>", style, words::score(number(slice, key, -1)));
    }
  };
  cell("champion", "before", "n");
  cell("control", "control", "n quiet");
  cell("random", "random", "n quiet");
  cell("challenger", "after", "n");
  return html + (present(report, "champion") ? change_cell(slice, scale) : "") +
         verdict_cell(slice) + "</tr>";
}

// Everything first, then what stands against the new model.
std::vector<Json> in_order(const Json& report) {
  std::vector<Json> slices(report["slices"].begin(), report["slices"].end());
  const auto rank = [](const Json& slice) {
    const auto verdict = text(slice, "verdict");
    return text(slice, "name") == "all" ? 0
           : verdict == "fail"          ? 1
           : verdict == "hold"          ? 2
           : verdict == "inconclusive"  ? 3
                                        : 4;
  };
  std::stable_sort(slices.begin(), slices.end(), [&](const Json& a, const Json& b) {
    return rank(a) != rank(b) ? rank(a) < rank(b) : number(a, "weight") > number(b, "weight");
  });
  return slices;
}

std::string head(const Json& report) {
  std::string html = "<th>Part of the data</th>";
  const auto column = [&](const char* who, std::string_view style, std::string_view title) {
    if (present(report, who)) {
      html += fmt::format("<th class=\"{}\">{}</th>", style, title);
    }
  };
  column("champion", "n", "Before");
  column("control", "n", "Control");
  column("random", "n", "Random");
  column("challenger", "n", "After");
  column("champion", "delta", "Change");
  return html + "<th>Verdict</th>";
}

// What the columns mean, for somebody who sees them for the first time, on a screen or on paper.
std::string key(const Json& report) {
  if (!present(report, "champion")) {
    return "";
  }
  std::string html = fmt::format(
      "<dl class=\"read\"><div><dt>Change</dt><dd>The band holds the true change in {:.0f} of 100 "
      "cases. Shaded: a loss so small that it is allowed, up to {}.</dd></div>",
      100 * number(report, "confidence", 0.95), words::score(number(report, "margin")));
  if (present(report, "control")) {
    html +=
        "<div><dt>Control</dt><dd>The old data, trained just as much longer. What the new model "
        "gains beyond it is due to the new data.</dd></div>";
  }
  if (present(report, "random")) {
    html +=
        "<div><dt>Random</dt><dd>As many pictures, picked at random instead of by a "
        "campaign.</dd></div>";
  }
  return html + "</dl>";
}

}  // namespace

std::string part_table(const Json& report, const TitleOf& title_of) {
  const auto scale = scale_of(report);
  std::string rows;
  for (const auto& slice : in_order(report)) {
    rows += row(slice, report, scale, title_of);
  }
  return fmt::format(
      "<section><header><h2>Part by part</h2><p>{}</p></header>"
      "<div class=\"card table\"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
      "{}</section>",
      report.contains("scale") ? text(report, "scale") : "Scores out of 100 (AP50)", head(report),
      rows, key(report));
}

}  // namespace spotter::gate
