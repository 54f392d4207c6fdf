#include "loop/ingest/fit.h"

#include <fmt/format.h>

#include "formats/rows.h"

namespace spotter::ingest {
namespace {

using formats::Outside;
using formats::Record;

enum class Frame { kUpright, kStored, kOther };

Frame frame_of(const Sample& stated, const Picture& truth) {
  if (stated.width <= 0 || stated.height <= 0 ||
      (stated.width == truth.width && stated.height == truth.height)) {
    return Frame::kUpright;
  }
  const bool swapped = stated.width == truth.height && stated.height == truth.width;
  return swapped && truth.orientation >= 5 ? Frame::kStored : Frame::kOther;
}

class Fitter {
 public:
  Fitter(const Record& record, const Picture& truth, FitCounts& counts, Rejects& rejects)
      : record_(record),
        truth_(truth),
        frame_(frame_of(record.sample, truth)),
        counts_(counts),
        rejects_(rejects) {}

  [[nodiscard]] bool usable() const { return frame_ != Frame::kOther; }

  // False = the object becomes a reject.
  bool fit(Box& box, Outside outside, const std::string& what) {
    if (frame_ == Frame::kStored) {
      box = turn_box(box, truth_.orientation, truth_.height, truth_.width);
      ++counts_.turned;
    }
    const auto check = formats::check_box(box, truth_.width, truth_.height, outside);
    counts_.clipped += check.clipped ? 1 : 0;
    if (!check.problem.empty()) {
      reject(what, check.problem);
    }
    return check.problem.empty();
  }

  void reject(const std::string& what, std::string reason) {
    rejects_.add(record_.file,
                 record_.where.empty() ? what : record_.where + (what.empty() ? "" : ", ") + what,
                 std::move(reason));
  }

 private:
  const Record& record_;
  const Picture& truth_;
  Frame frame_;
  FitCounts& counts_;
  Rejects& rejects_;
};

void fit_labels(Record& record, Outside outside, Fitter& fitter) {
  std::erase_if(record.labels, [&](LabelSet& set) {
    const bool sensor = set.layer != kLabelLayer;
    const std::size_t before = set.labels.size();
    std::erase_if(set.labels, [&](Label& label) {
      return !fitter.fit(label.box, sensor ? Outside::kClip : outside,
                         fmt::format("object {} \"{}\"", label.object, label.class_name));
    });
    return before > 0 && set.labels.empty();
  });
}

}  // namespace

Box turn_box(const Box& b, int orientation, int stored_width, int stored_height) {
  const double w = stored_width;
  const double h = stored_height;
  switch (orientation) {  // as media::upright turns pixels
    case 2:
      return {w - b.x2, b.y1, w - b.x1, b.y2};
    case 3:
      return {w - b.x2, h - b.y2, w - b.x1, h - b.y1};
    case 4:
      return {b.x1, h - b.y2, b.x2, h - b.y1};
    case 5:
      return {b.y1, b.x1, b.y2, b.x2};
    case 6:
      return {h - b.y2, b.x1, h - b.y1, b.x2};
    case 7:
      return {h - b.y2, w - b.x2, h - b.y1, w - b.x1};
    case 8:
      return {b.y1, w - b.x2, b.y2, w - b.x1};
    default:
      return b;
  }
}

void fit_record(Record& record, const Picture& truth, Outside outside, FitCounts& counts,
                Rejects& rejects) {
  Fitter fitter(record, truth, counts, rejects);
  if (!fitter.usable()) {
    if (!record.labels.empty() || record.predictions) {
      fitter.reject(
          "", fmt::format("the file says the picture has {}x{} pixels, but it has {}x{}: its boxes "
                          "cannot be placed",
                          record.sample.width, record.sample.height, truth.width, truth.height));
    }
    record.labels.clear();
    record.predictions.reset();
    record.flags.clear();
    return;
  }
  fit_labels(record, outside, fitter);
  if (record.predictions) {
    std::size_t index = 0;
    std::erase_if(record.predictions->predictions, [&](Prediction& prediction) {
      return !fitter.fit(prediction.box, Outside::kClip, fmt::format("prediction {}", index++));
    });
  }
  std::erase_if(record.flags, [&](formats::Flag& flag) {
    return !(flag.box == Box{}) && !fitter.fit(flag.box, Outside::kClip, "flag");
  });
}

}  // namespace spotter::ingest
