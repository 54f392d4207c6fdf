#include "loop/gate/page.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "domain/geometry.h"
#include "loop/gate/page_style.h"
#include "media/image.h"

namespace spotter::gate {
namespace {

constexpr int kPictureSidePx = 640;
constexpr int kJpegQuality = 82;
constexpr double kIouMin = 0.5;

std::string text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? escape_markup(found->get<std::string>())
                                                     : std::string();
}

double number(const Json& object, const char* key, double fallback = 0) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : fallback;
}

bool flag(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

bool present(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && !found->is_null();
}

std::string model_name(const Json& report, const char* who) {
  return present(report, who) ? text(report[who], "name") : std::string();
}

std::string figure(const Json& object, const char* key) {
  const double value = number(object, key, -1);
  return value < 0 ? "–" : fmt::format("{:.3f}", value);
}

// "+0.012", with a real minus sign.
std::string change(double value) {
  return fmt::format("{}{:.3f}", value < 0 ? "−" : "+", std::abs(value));
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t k) {
      return i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U;
    };
    const unsigned word = byte(0) << 16 | byte(1) << 8 | byte(2);
    for (unsigned k = 0; k < 4; ++k) {
      out.push_back(i + k > bytes.size() ? '=' : kDigits[word >> (18 - 6 * k) & 63]);
    }
  }
  return out;
}

// ---- The verdict, and what to do about it.

std::string headline(const Json& report) {
  const auto challenger = model_name(report, "challenger");
  const auto champion = model_name(report, "champion");
  const auto verdict = text(report, "verdict");
  if (flag(report, "first_model") && verdict == "pass") {
    return fmt::format("{} is the first model: there is nothing to compare it with", challenger);
  }
  if (verdict == "pass") {
    return fmt::format("{} may replace {}", challenger, champion);
  }
  if (verdict == "fail") {
    return champion.empty() ? fmt::format("{} must not ship", challenger)
                            : fmt::format("{} must not replace {}", challenger, champion);
  }
  return verdict == "hold"
             ? fmt::format("{} gains more than is plausible: look before it ships", challenger)
             : fmt::format("The test data cannot yet tell whether {} may replace {}", challenger,
                           champion);
}

std::string next_steps(const Json& report) {
  const auto id = text(report, "id");
  const auto verdict = text(report, "verdict");
  const auto ship = fmt::format("<p><code>spotter approve {}{}</code></p>", id,
                                verdict == "pass" ? "" : " --note \"why\"");
  const auto hold =
      fmt::format("<p>Or keep the present one: <code>spotter approve {} --hold</code></p>", id);
  if (flag(report, "first_model") && verdict == "pass") {
    return "<h3>Your decision</h3><p>Are these figures good enough to start with? Then ship:</p>" +
           ship;
  }
  if (verdict == "pass") {
    return "<h3>Your decision</h3><p>Nothing stands against it. Glance at the regressions below, "
           "then ship:</p>" +
           ship + hold;
  }
  if (verdict == "fail") {
    return "<h3>What to do</h3><p>It cannot be approved. Look at the regressions below: they are "
           "what to collect and "
           "label next.</p>" +
           fmt::format("<p><code>spotter approve {} --hold</code></p>", id);
  }
  if (verdict == "hold") {
    return "<h3>Your decision</h3><p>Rule out that test scenes got into the training data, then "
           "ship:</p>" +
           ship + hold;
  }
  return "<h3>Your decision</h3><p>Label what is asked for and run the gate again, or ship on your "
         "own judgement:</p>" +
         ship + hold;
}

std::string fact(std::string_view term, const std::string& value, const std::string& aside = {}) {
  return value.empty() ? std::string()
                       : fmt::format("<div><dt>{}</dt><dd>{} <small>{}</small></dd></div>", term,
                                     value, aside);
}

std::string facts(const Json& report) {
  const auto trained = [&](const char* who) {
    return present(report, who) ? fmt::format("trained on {}", text(report[who], "dataset_version"))
                                : std::string();
  };
  std::string html = "<dl class=\"facts\">";
  html += fact("Champion", model_name(report, "champion"), trained("champion"));
  html += fact("Challenger", model_name(report, "challenger"), trained("challenger"));
  html += fact("Control", model_name(report, "control"), "same effort, old data");
  html += fact("Random", model_name(report, "random"), "as many samples, picked at random");
  html += fact(
      "Test", fmt::format("{}, {:.0f} samples", text(report, "version"), number(report, "samples")),
      fmt::format("in {:.0f} scenes", number(report, "scenes")));
  if (present(report, "cost")) {
    const auto& cost = report["cost"];
    html +=
        fact("Cost of training", escape_markup(duration_text(number(cost, "machine_seconds"))),
             fmt::format("machine time, {:.2f} {}", number(cost, "money"), text(cost, "currency")));
  }
  return html + "</dl>";
}

std::string top(const Json& report) {
  const auto verdict = text(report, "verdict");
  std::string reasons;
  for (const auto& reason : report.value("reasons", Json::array())) {
    reasons += fmt::format("<li>{}</li>", escape_markup(reason.get<std::string>()));
  }
  return fmt::format(
      "<section class=\"card top {0}\"><div><span class=\"word\">{0}</span><h1>{1}</h1>{2}{3}</div>"
      "<div class=\"next\">{4}</div></section>",
      verdict, headline(report),
      reasons.empty() ? "" : "<ul class=\"reasons\">" + reasons + "</ul>", facts(report),
      next_steps(report));
}

// ---- The table of slices.

// One scale for all intervals, so that they can be compared by eye.
struct Scale {
  double low = -0.05;
  double high = 0.05;
  double margin = 0;
  static constexpr double kWidth = 200;
  static constexpr double kPad = 8;
  [[nodiscard]] double x(double value) const {
    return kPad + (value - low) / (high - low) * (kWidth - 2 * kPad);
  }
};

Scale scale_of(const Json& report) {
  Scale scale{.margin = number(report, "margin")};
  scale.low = std::min(scale.low, -2 * scale.margin);
  for (const auto& slice : report["slices"]) {
    if (present(slice, "delta")) {
      scale.low = std::min(scale.low, number(slice, "low"));
      scale.high = std::max(scale.high, number(slice, "high"));
    }
  }
  return scale;
}

std::string interval(const Json& slice, const Scale& scale) {
  if (!present(slice, "delta")) {
    return "";
  }
  const double low = number(slice, "low");
  const double high = number(slice, "high");
  return fmt::format(
      "<svg class=\"interval {}\" viewBox=\"0 0 200 26\" role=\"img\" aria-label=\"{} to {}\">"
      "<rect class=\"margin\" x=\"{:.1f}\" y=\"1\" width=\"{:.1f}\" height=\"24\"/>"
      "<line class=\"axis\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"1\" y2=\"25\"/>"
      "<line class=\"bar\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"13\" y2=\"13\"/>"
      "<circle class=\"dot\" cx=\"{:.1f}\" cy=\"13\" r=\"5\"/></svg>",
      text(slice, "verdict"), change(low), change(high), scale.x(-scale.margin),
      scale.x(0) - scale.x(-scale.margin), scale.x(0), scale.x(0), scale.x(low), scale.x(high),
      scale.x(number(slice, "delta")));
}

std::string axis(const Scale& scale) {
  constexpr double kLabelWidth = 62;
  const auto low = scale.x(0) < kLabelWidth ? std::string() : change(scale.low);
  return fmt::format(
      "<svg class=\"interval\" viewBox=\"0 0 200 26\"><text class=\"scale\" x=\"2\" "
      "y=\"18\">{}</text>"
      "<text class=\"scale\" x=\"{:.1f}\" y=\"18\" text-anchor=\"middle\">0</text>"
      "<text class=\"scale\" x=\"198\" y=\"18\" text-anchor=\"end\">{}</text></svg>",
      low, scale.x(0), change(scale.high));
}

std::string duty(const Json& slice) {
  const auto must = text(slice, "must");
  const std::string blocking = flag(slice, "blocking") ? "" : ", does not block";
  return (must == "win"        ? "must win"
          : must == "not_lose" ? "must not lose"
          : must == "report"   ? "only shown"
                               : must) +
         (must == "report" ? "" : blocking);
}

// What a gain is due to: the data only where the challenger beats the control beyond chance.
std::string credit(const Json& slice) {
  if (!present(slice, "credited") || (number(slice, "delta") <= 0 && !flag(slice, "credited"))) {
    return "";
  }
  const auto& over = slice["over_control"];
  return fmt::format(
      "<span title=\"over the control: {} … {}\">{}<small>{} vs control</small></span>",
      change(number(over, "low")), change(number(over, "high")),
      flag(slice, "credited") ? "new data" : "not shown", change(number(over, "delta")));
}

std::string slice_row(const Json& slice, const Json& report, const Scale& scale) {
  const bool compared = present(slice, "delta");
  const auto verdict = text(slice, "verdict");
  std::string html = fmt::format(
      "<tr{}><td class=\"slice\"><b>{}</b><small>{}</small></td><td class=\"n\">{:.0f}<small>in "
      "{:.0f} scenes</small></td>",
      text(slice, "must") == "report" ? " class=\"aside\"" : "", text(slice, "name"), duty(slice),
      number(slice, "truths"), number(slice, "scenes"));
  const auto cell = [&](const char* who, const char* key) {
    if (present(report, who)) {
      html += fmt::format("<td class=\"n {}\">{}</td>", who, figure(slice, key));
    }
  };
  cell("champion", "before");
  cell("random", "random");
  cell("control", "control");
  html += fmt::format("<td class=\"n after\">{}</td>", figure(slice, "after"));
  if (present(report, "champion")) {
    html += fmt::format(
        "<td class=\"n\">{}<small>{}</small></td><td>{}</td>",
        compared ? change(number(slice, "delta")) : "–",
        compared ? change(number(slice, "low")) + " … " + change(number(slice, "high")) : "",
        interval(slice, scale));
  }
  if (present(report, "control")) {
    html += fmt::format("<td class=\"credit\">{}</td>", credit(slice));
  }
  return html +
         fmt::format(
             "<td class=\"why\"><span class=\"word {}\">{}</span><small>{}</small></td></tr>",
             verdict, verdict, text(slice, "reason"));
}

std::string slice_table(const Json& report) {
  const auto scale = scale_of(report);
  std::string head = "<th>Slice</th><th class=\"n\">Objects</th>";
  const auto column = [&](const char* who, std::string_view title) {
    if (present(report, who)) {
      head += fmt::format("<th class=\"n {}\">{}</th>", who, title);
    }
  };
  column("champion", "Champion");
  column("random", "Random");
  column("control", "Control");
  column("challenger", "Challenger");
  if (present(report, "champion")) {
    head += fmt::format("<th class=\"n\">Change</th><th>{}</th>", axis(scale));
  }
  if (present(report, "control")) {
    head += "<th>Gain is due to</th>";
  }
  std::string rows;
  for (const auto& slice : report["slices"]) {
    rows += slice_row(slice, report, scale);
  }
  const auto aside =
      present(report, "champion")
          ? fmt::format("; {:.0f} % intervals; shaded: the loss of {:.3f} that is allowed",
                        100 * number(report, "confidence", 0.95), number(report, "margin"))
          : std::string();
  return fmt::format(
      "<h2>Slices<small>AP50{}</small></h2><div class=\"card "
      "wide\"><table><thead><tr>{}<th>Verdict</th></tr></thead>"
      "<tbody>{}</tbody></table></div>",
      aside, head, rows);
}

// ---- Pictures, champion beside challenger.

Box box_of(const Json& object) {
  std::array<double, 4> v{};
  const auto found = object.find("box");
  for (std::size_t i = 0; found != object.end() && i < v.size() && i < found->size(); ++i) {
    v[i] = (*found)[i].get<double>();
  }
  return {v[0], v[1], v[2], v[3]};
}

std::string rectangle(const Json& object, std::string_view style, const std::string& title) {
  const auto b = box_of(object);
  return fmt::format(
      "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
      "height=\"{:.1f}\"><title>{}</title></rect>",
      style, b.x1, b.y1, std::max(0.0, b.width()), std::max(0.0, b.height()), title);
}

// A label that no detection of this side hit.
bool missed(const Json& label, const Json& detections) {
  return std::none_of(detections.begin(), detections.end(), [&](const Json& d) {
    return text(d, "kind") == "tp" && text(d, "class") == text(label, "class") &&
           iou(box_of(d), box_of(label)) >= kIouMin;
  });
}

std::string side(const Json& item, const char* key, const std::string& title,
                 std::string_view picture) {
  std::string boxes;
  const Json detections = item.value(key, Json::array());
  for (const auto& label : item.value("labels", Json::array())) {
    if (missed(label, detections)) {
      boxes += rectangle(label, "lost", "missed: " + text(label, "class"));
    }
  }
  for (const auto& d : detections) {
    const auto kind = text(d, "kind");
    boxes += rectangle(d,
                       kind == "tp"   ? "hit"
                       : kind == "fp" ? "alarm"
                                      : "other",
                       fmt::format("{} {:.2f}", text(d, "class"), number(d, "score")));
  }
  return fmt::format(
      "<div><p>{}</p><svg viewBox=\"0 0 {:.0f} {:.0f}\"><use href=\"#{}\"/>{}</svg></div>", title,
      std::max(1.0, number(item, "width")), std::max(1.0, number(item, "height")), picture, boxes);
}

std::string attributes(const Json& item) {
  std::string line;
  const Json all = item.value("attributes", Json::object());
  for (const auto& [key, value] : all.items()) {
    line += fmt::format("{}{} {}", line.empty() ? "" : " · ", escape_markup(key),
                        escape_markup(value.is_string() ? value.get<std::string>() : value.dump()));
    constexpr std::size_t kLineMax = 90;
    if (line.size() > kLineMax) {
      break;
    }
  }
  return line;
}

// The bytes stand once in the page; both sides use them.
std::string stored_picture(const Json& item, const std::string& name, const PictureOf& picture_of) {
  const auto bytes = picture_of(item.value("media", ""));
  if (bytes.empty()) {
    return "";
  }
  const auto small = media::thumbnail(bytes, kPictureSidePx, item.value("sample", ""));
  return fmt::format(
      "<svg class=\"store\" aria-hidden=\"true\"><defs><image id=\"{}\" width=\"{:.0f}\" "
      "height=\"{:.0f}\" "
      "preserveAspectRatio=\"none\" href=\"data:image/jpeg;base64,{}\"/></defs></svg>",
      name, number(item, "width"), number(item, "height"),
      base64(media::encode_jpeg(small, kJpegQuality)));
}

std::string gallery(const Json& report, const char* key, std::string_view title,
                    std::string_view aside, std::string_view nothing, const PictureOf& picture_of) {
  std::string html = fmt::format("<h2>{}<small>{}</small></h2>", title, aside);
  const Json items = report.value(key, Json::array());
  if (items.empty()) {
    return html + fmt::format("<p class=\"card nothing\">{}</p>", nothing);
  }
  html +=
      "<div class=\"legend\"><span><i class=\"key hit\"></i>found</span><span><i class=\"key "
      "lost\"></i>missed</span>"
      "<span><i class=\"key alarm\"></i>false alarm</span></div><div class=\"pairs\">";
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto& item = items[i];
    const auto name = fmt::format("{}-{}", key, i);
    html += fmt::format(
        "<figure class=\"card\"><figcaption><b>{}</b><span>{}<br>{}</span></figcaption>{}<div "
        "class=\"sides\">{}{}</div>"
        "</figure>",
        text(item, "note"), text(item, "sample"), attributes(item),
        stored_picture(item, name, picture_of),
        side(item, "before", "Champion " + model_name(report, "champion"), name),
        side(item, "after", "Challenger " + model_name(report, "challenger"), name));
  }
  return html + "</div>";
}

std::string galleries(const Json& report, const PictureOf& picture_of) {
  if (!present(report, "champion")) {
    return "";
  }
  return gallery(report, "regressions", "Worst regressions", "one a scene, the worst first",
                 "The challenger loses nothing that the champion found.", picture_of) +
         gallery(report, "fixes", "Best fixes", "one a scene, the best first",
                 "The challenger finds nothing that the champion missed.", picture_of);
}

std::string method(const Json& report) {
  if (!present(report, "champion")) {
    return fmt::format("<footer><p>Report {} · {}</p></footer>", text(report, "id"),
                       text(report, "created_at"));
  }
  return fmt::format(
      "<footer><p>Both models were run on the same test split. The change is challenger minus "
      "champion; its interval "
      "comes from drawing whole scenes again and again ({:.0f} %, the same draws for both). A "
      "slice passes when a loss "
      "beyond the margin is ruled out, fails when one is shown (corrected for the number of "
      "blocking slices), and is "
      "inconclusive between the two. A gain counts for the new data only where the challenger also "
      "beats the "
      "control.</p><p>Report {} · {}</p></footer>",
      100 * number(report, "confidence", 0.95), text(report, "id"), text(report, "created_at"));
}

}  // namespace

std::string page(const Json& report, const PictureOf& picture_of) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\"><title>{}: "
      "{}</title><style>{}</style></head>\n<body><main>{}\n"
      "{}\n{}\n{}</main></body></html>\n",
      model_name(report, "challenger"), text(report, "verdict"), kPageStyle, top(report),
      slice_table(report), galleries(report, picture_of), method(report));
}

}  // namespace spotter::gate
