#include "loop/gate/page_pairs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "domain/geometry.h"
#include "loop/gate/page_words.h"
#include "media/image.h"

namespace spotter::gate {
namespace {

using words::model_name;
using words::number;
using words::text;

constexpr int kPartSidePx = 640;
constexpr int kJpegQuality = 82;
constexpr double kSame = 0.5;  // intersection over union from which two boxes are one thing

struct Mark {
  Box box;
  std::string_view kind;  // found, missed, alarm: also the style
  std::string name;
  bool quiet = false;  // the same on both sides
};

using Marks = std::vector<Mark>;

Box box_of(const Json& object) {
  std::array<double, 4> v{};
  const auto found = object.find("box");
  for (std::size_t i = 0; found != object.end() && i < v.size() && i < found->size(); ++i) {
    v[i] = (*found)[i].get<double>();
  }
  return {v[0], v[1], v[2], v[3]};
}

// Which labels these detections found: best overlap first, each detection once.
std::vector<bool> found_by(const Json& labels, const Json& detections) {
  std::vector<bool> found(labels.size(), false);
  for (const auto& d : detections) {
    std::size_t best = labels.size();
    double most = kSame;
    for (std::size_t i = 0; i < labels.size() && text(d, "kind") == "tp"; ++i) {
      const double same = iou(box_of(labels[i]), box_of(d));
      if (!found[i] && text(labels[i], "class") == text(d, "class") && same >= most) {
        best = i;
        most = same;
      }
    }
    if (best < labels.size()) {
      found[best] = true;
    }
  }
  return found;
}

bool alarms_there(const Json& detections, const Box& box) {
  return std::any_of(detections.begin(), detections.end(), [&](const Json& d) {
    return text(d, "kind") == "fp" && iou(box_of(d), box) >= kSame;
  });
}

Marks marks_of(const Json& item, const char* mine, const char* theirs) {
  const Json labels = words::list(item, "labels");
  const Json here = words::list(item, mine);
  const Json there = words::list(item, theirs);
  const auto found = found_by(labels, here);
  const auto found_there = found_by(labels, there);
  Marks marks;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    marks.push_back({.box = box_of(labels[i]),
                     .kind = found[i] ? "found" : "missed",
                     .name = text(labels[i], "class"),
                     .quiet = found[i] == found_there[i]});
  }
  for (const auto& d : here) {
    if (text(d, "kind") == "fp") {
      const auto box = box_of(d);
      marks.push_back({box, "alarm", text(d, "class"), alarms_there(there, box)});
    }
  }
  std::stable_partition(marks.begin(), marks.end(), [](const Mark& m) { return m.quiet; });
  return marks;
}

// A part of the picture with everything that changed on either side, with air around it, of the
// picture's shape; the whole picture when nothing did.
Box part_of(const Json& item, const Marks& before, const Marks& after) {
  constexpr double kAir = 1.35;
  const double width = std::max(1.0, number(item, "width"));
  const double height = std::max(1.0, number(item, "height"));
  Box all{width, height, 0, 0};
  for (const auto* side : {&before, &after}) {
    for (const auto& m : *side) {
      if (!m.quiet) {
        const auto box = clip(m.box, width, height);
        all = {std::min(all.x1, box.x1), std::min(all.y1, box.y1), std::max(all.x2, box.x2),
               std::max(all.y2, box.y2)};
      }
    }
  }
  if (all.x2 < all.x1 || all.y2 < all.y1) {
    return {0, 0, width, height};
  }
  const double shape = width / height;
  const double w =
      std::min(width, std::max({all.width() * kAir, all.height() * kAir * shape, width / 3}));
  const double h = w / shape;
  const double left = std::clamp((all.x1 + all.x2 - w) / 2, 0.0, width - w);
  const double top = std::clamp((all.y1 + all.y2 - h) / 2, 0.0, height - h);
  return {left, top, left + w, top + h};
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

struct Pixels {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
};

media::Image cut(const media::Image& image, const Pixels& at) {
  media::Image out{.width = at.width, .height = at.height};
  out.rgb.reserve(static_cast<std::size_t>(at.width) * static_cast<std::size_t>(at.height) * 3);
  for (int y = at.y; y < at.y + at.height; ++y) {
    const auto begin =
        image.rgb.begin() + (static_cast<std::ptrdiff_t>(y) * image.width + at.x) * 3;
    out.rgb.insert(out.rgb.end(), begin, begin + static_cast<std::ptrdiff_t>(at.width) * 3);
  }
  return out;
}

// The part's bytes stand once in the page; both sides use them.
std::string stored_part(const Json& item, const Box& part, const std::string& name,
                        const PictureOf& picture_of) {
  const auto bytes = picture_of(item.value("media", ""));
  if (bytes.empty()) {
    return "";
  }
  const double width = std::max(1.0, number(item, "width"));
  const int side = static_cast<int>(std::ceil(kPartSidePx * width / part.width()));
  const auto image = media::thumbnail(bytes, side, item.value("sample", ""));
  const double scale = image.width / width;  // pixels of the thumbnail for one of the picture
  const auto pixel = [&](double value, int end) {
    return std::clamp(static_cast<int>(std::lround(value * scale)), 0, end);
  };
  Pixels at{.x = pixel(part.x1, image.width - 1), .y = pixel(part.y1, image.height - 1)};
  at.width = std::max(1, pixel(part.x2, image.width) - at.x);
  at.height = std::max(1, pixel(part.y2, image.height) - at.y);
  return fmt::format(
      "<svg class=\"store\" aria-hidden=\"true\"><defs><image id=\"{}\" x=\"{:.2f}\" y=\"{:.2f}\" "
      "width=\"{:.2f}\" height=\"{:.2f}\" preserveAspectRatio=\"none\" "
      "href=\"data:image/jpeg;base64,{}\"/></defs></svg>",
      name, at.x / scale, at.y / scale, at.width / scale, at.height / scale,
      base64(media::encode_jpeg(cut(image, at), kJpegQuality)));
}

std::string_view mark_words(std::string_view kind) {
  return kind == "found" ? "rightly found" : kind == "missed" ? "overlooked" : "false alarm";
}

// A dark rim under each line, so that it stands out on any picture.
std::string drawn(const Mark& mark) {
  const auto shape =
      fmt::format("x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"", mark.box.x1,
                  mark.box.y1, std::max(0.0, mark.box.width()), std::max(0.0, mark.box.height()));
  return fmt::format(
      "<g{}><rect class=\"rim\" {}/><rect class=\"{}\" {}><title>{}, {}</title></rect></g>",
      mark.quiet ? " class=\"quiet\"" : "", shape, mark.kind, shape, mark.name,
      mark_words(mark.kind));
}

std::string half(const Json& item, const Marks& marks, const Box& part, const std::string& name,
                 const std::string& title) {
  std::string boxes;
  for (const auto& mark : marks) {
    boxes += drawn(mark);
  }
  return fmt::format(
      "<div><svg viewBox=\"{:.2f} {:.2f} {:.2f} {:.2f}\" role=\"img\" aria-label=\"{}, {}\">"
      "<use href=\"#{}\"/>{}</svg><p>{}</p></div>",
      part.x1, part.y1, part.width(), part.height(), text(item, "sample"), title, name, boxes,
      title);
}

std::string pair(const Json& item, const Json& report, const std::string& name,
                 const PictureOf& picture_of) {
  const auto before = marks_of(item, "before", "after");
  const auto after = marks_of(item, "after", "before");
  const auto part = part_of(item, before, after);
  return fmt::format(
      "<figure class=\"card\">{}<div class=\"sides\">{}{}</div>"
      "<figcaption><b>{}</b><span>{}</span></figcaption></figure>",
      stored_part(item, part, name, picture_of),
      half(item, before, part, name, "Before: " + model_name(report, "champion")),
      half(item, after, part, name, "After: " + model_name(report, "challenger")),
      text(item, "sample"), words::sentence(text(item, "note")));
}

struct Gallery {
  const char* key;
  std::string_view title;
  std::string_view note;
  std::string_view nothing;
};

std::string gallery_of(const Json& report, const Gallery& gallery, const PictureOf& picture_of) {
  const Json items = words::list(report, gallery.key);
  if (items.empty()) {
    return fmt::format(
        "<section><header><h2>{}</h2></header><p class=\"card none\">{}</p></section>",
        gallery.title, gallery.nothing);
  }
  std::string pairs;
  for (std::size_t i = 0; i < items.size(); ++i) {
    pairs += pair(items[i], report, fmt::format("{}-{}", gallery.key, i), picture_of);
  }
  return fmt::format(
      "<section><header><h2>{}</h2><p class=\"legend\"><span><i class=\"found\"></i>Rightly "
      "found</span><span><i class=\"missed\"></i>Overlooked</span><span><i "
      "class=\"alarm\"></i>False "
      "alarm</span></p></header><p class=\"note\">{} Thin lines are the same before and "
      "after.</p><div class=\"pairs\">{}</div></section>",
      gallery.title, gallery.note, pairs);
}

}  // namespace

std::string picture_pairs(const Json& report, const PictureOf& picture_of) {
  if (!words::present(report, "champion")) {
    return "";
  }
  return gallery_of(
             report,
             {"regressions", "Worst losses", "Found before, not any more; or false only now.",
              "The new model loses nothing that the one at work found."},
             picture_of) +
         gallery_of(report,
                    {"fixes", "Best gains", "Not found before, found now; or false only before.",
                     "The new model finds nothing that the one at work overlooked."},
                    picture_of);
}

}  // namespace spotter::gate
