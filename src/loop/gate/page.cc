#include "loop/gate/page.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/time.h"
#include "loop/gate/gate.h"
#include "loop/gate/page_pairs.h"
#include "loop/gate/page_style.h"
#include "loop/gate/page_table.h"
#include "loop/gate/page_words.h"

namespace spotter::gate {
namespace {

using words::flag;
using words::model_name;
using words::number;
using words::present;
using words::text;

std::string title_of_page(const Json& report) {
  const auto champion = model_name(report, "champion");
  return model_name(report, "challenger") + (champion.empty() ? " alone" : " against " + champion);
}

std::string lead(const Json& report) {
  const auto model = [&](std::string_view part, const char* who) {
    return present(report, who)
               ? fmt::format("{}: <b>{}</b>, trained on {}. ", part, model_name(report, who),
                             text(report[who], "dataset_version"))
               : std::string();
  };
  return model("New", "challenger") + model("At work", "champion") + "Compared " +
         words::moment(report.value("created_at", "")) + ".";
}

// ---- The verdict.

std::string_view headline(const Json& report) {
  const auto verdict = text(report, "verdict");
  if (verdict == "pass" && !weakness(report).empty()) {
    return "Nothing stands against it, but it is too weak to be of use.";
  }
  if (flag(report, "first_model")) {
    return "The first model: there is nothing to compare it with yet.";
  }
  const Json slices = report.value("slices", Json::array());
  const bool must_win = std::any_of(slices.begin(), slices.end(), [](const Json& slice) {
    return slice.value("must", std::string()) == "win";
  });
  if (verdict == "pass" && !must_win) {
    return "Nowhere worse; nothing had to get better.";
  }
  return verdict == "pass"   ? "Better where it should be, and nowhere worse."
         : verdict == "fail" ? "Worse where it must not be."
         : verdict == "hold" ? "Something looks too good to be true."
                             : "Too few pictures to be sure.";
}

// "1 undecided, 8 passed".
std::string parts(const Json& report) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kCounted = {
      {{"fail", "failed"},
       {"hold", "look too good"},
       {"inconclusive", "undecided"},
       {"pass", "passed"}}};
  std::string line;
  for (const auto& [verdict, name] : kCounted) {
    int count = 0;
    for (const auto& slice : report["slices"]) {
      count += words::watched(slice) && text(slice, "verdict") == verdict ? 1 : 0;
    }
    if (count > 0) {
      line += fmt::format("{}{} {}", line.empty() ? "" : ", ", count, name);
    }
  }
  return line;
}

std::string cost(const Json& report) {
  if (!present(report, "cost")) {
    return "";
  }
  const auto& spent = report["cost"];
  return fmt::format("{} of machines, {}", duration_text(number(spent, "machine_seconds")),
                     words::money(number(spent, "money"), spent.value("currency", "")));
}

std::string fact(std::string_view term, const std::string& value) {
  return value.empty() ? std::string()
                       : fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", term, value);
}

std::string verdict_card(const Json& report, const TitleOf& title_of) {
  std::string reasons;
  for (const auto& why : words::list(report, "reasons")) {
    reasons += fmt::format("<li>{}</li>", words::reason(why.get<std::string>(), title_of));
  }
  if (const auto weak = weakness(report); !weak.empty()) {
    reasons += fmt::format("<li>{}</li>", words::plain(weak));
  }
  const auto on =
      fmt::format("{} of {}, {}", words::counted(number(report, "samples"), "test picture"),
                  words::counted(number(report, "scenes"), "scene"), text(report, "version"));
  return fmt::format(
      "<div class=\"card verdict\">{}<p class=\"headline\">{}</p>{}<dl "
      "class=\"facts\">{}{}{}</dl></div>",
      words::badge(text(report, "verdict")), headline(report),
      reasons.empty() ? "" : "<ul>" + reasons + "</ul>", fact("Parts of the data", parts(report)),
      fact("Compared on", on), fact("Training took", cost(report)));
}

// ---- The decision.

std::string_view advice(const Json& report) {
  const auto verdict = text(report, "verdict");
  if (verdict == "pass" && !weakness(report).empty()) {
    return "Hold it and let a model learn longer or from more, unless you only try the way out.";
  }
  if (verdict == "pass") {
    return flag(report, "first_model")
               ? "Are these scores good enough to begin with? Then ship it."
               : "Nothing stands against it. Glance at the losses below, then ship it.";
  }
  if (verdict == "fail") {
    return "It failed, so it cannot ship. Hold it with a note for the others: the losses below are "
           "what to collect and label next.";
  }
  return verdict == "hold"
             ? "Make sure that no test picture was among those it learned from, then decide."
             : "Hold it until more is labelled, or ship it on your own judgement.";
}

std::string command(std::string_view title, const std::string& line) {
  return fmt::format("<p class=\"command\"><span>{}</span><code>{}</code></p>", title, line);
}

std::string decision_card(const Json& report) {
  const auto verdict = text(report, "verdict");
  const auto approve = "spotter approve " + text(report, "id");
  // Where the gate could not decide, whoever ships says why.
  const auto ship = approve + (verdict == "pass" ? "" : " --note \"why\"");
  return fmt::format(
      "<div class=\"card decision\"><h2>Your decision</h2><p>{}</p>{}{}<p class=\"small\">Type it "
      "in "
      "the project's folder, or decide in the app.</p></div>",
      advice(report), verdict == "fail" ? "" : command("Ship it", ship),
      command("Hold it", approve + " --hold"));
}

std::string method(const Json& report) {
  if (!present(report, "champion")) {
    return fmt::format("<footer><p>Report {}</p></footer>", text(report, "id"));
  }
  return fmt::format(
      "<footer><p>Both models looked at the same test pictures. A part "
      "of the data passes when a loss of more than {} can be ruled out, fails when one is certain, "
      "and is undecided between the two; where it must win, a gain has to be certain. How certain: "
      "whole scenes are drawn again and again, the same for both models, and {:.0f} of 100 "
      "answers lie in the band.</p><p>Report {}</p></footer>",
      words::score(number(report, "margin")), 100 * number(report, "confidence", 0.95),
      text(report, "id"));
}

}  // namespace

std::string page(const Json& report, const PictureOf& picture_of, const TitleOf& title_of) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\"><title>{0}: {1}</title><style>{2}</style>"
      "</head>\n<body><main><h1>{0}</h1><p class=\"lead\">{3}</p>\n<div "
      "class=\"top\">{4}{5}</div>\n"
      "{6}\n{7}\n{8}</main></body></html>\n",
      title_of_page(report), headline(report), kPageStyle, lead(report),
      verdict_card(report, title_of), decision_card(report), part_table(report, title_of),
      picture_pairs(report, picture_of), method(report));
}

}  // namespace spotter::gate
