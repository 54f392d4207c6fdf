// Brings what a file says about a picture into the picture's own upright frame: sizes are compared,
// boxes of the stored frame are turned, everything is checked again with the true size. Private to
// this step.
#pragma once
#include "formats/format.h"
#include "loop/ingest/pictures.h"

namespace spotter::ingest {

// The box of a stored width x height frame in the upright frame of this EXIF orientation.
[[nodiscard]] Box turn_box(const Box& box, int orientation, int stored_width, int stored_height);

struct FitCounts {
  std::size_t turned = 0;   // objects that were given in the stored frame
  std::size_t clipped = 0;  // objects that left the picture by more than a pixel
};

// Checks and changes the record's labels, predictions and flags; bad objects become rejects, and a
// set that loses all its objects is removed. `truth` states the upright size and the orientation.
void fit_record(formats::Record& record, const Picture& truth, formats::Outside outside,
                FitCounts& counts, Rejects& rejects);

}  // namespace spotter::ingest
