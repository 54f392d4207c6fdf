#include "store/lake/schema.h"

#include <array>

namespace spotter::lake {
namespace {

constexpr std::array kTables = {
    TableSpec{"write_keys", "key VARCHAR, written_rows BIGINT"},
    TableSpec{
        "samples",
        "key VARCHAR, media VARCHAR, media_type VARCHAR, file_name VARCHAR, width BIGINT, height "
        "BIGINT, "
        "sequence VARCHAR, frame BIGINT, captured_at BIGINT, source VARCHAR, attributes VARCHAR"},
    TableSpec{"label_sets",
              "sample VARCHAR, layer VARCHAR, revision BIGINT, author VARCHAR, batch VARCHAR, "
              "created_at BIGINT, "
              "label_count BIGINT"},
    TableSpec{"labels",
              "sample VARCHAR, layer VARCHAR, revision BIGINT, position BIGINT, object VARCHAR, "
              "class VARCHAR, "
              "x1 DOUBLE, y1 DOUBLE, x2 DOUBLE, y2 DOUBLE, crowd BOOLEAN, ignored BOOLEAN, track "
              "VARCHAR, "
              "attributes VARCHAR"},
    TableSpec{"prediction_sets",
              "model VARCHAR, sample VARCHAR, loss DOUBLE, embedding_row BIGINT, segment VARCHAR, "
              "object_segment VARCHAR, prediction_count BIGINT"},
    TableSpec{
        "predictions",
        "model VARCHAR, sample VARCHAR, position BIGINT, class VARCHAR, score DOUBLE, x1 DOUBLE, "
        "y1 DOUBLE, "
        "x2 DOUBLE, y2 DOUBLE, probabilities DOUBLE[], aleatoric DOUBLE[], epistemic DOUBLE[], "
        "mutual_information DOUBLE, track VARCHAR, embedding_row BIGINT, attributes VARCHAR"},
    TableSpec{"matches",
              "evaluation VARCHAR, sample VARCHAR, kind VARCHAR, error VARCHAR, object VARCHAR, "
              "prediction BIGINT, "
              "class VARCHAR, score DOUBLE, iou DOUBLE"},
    TableSpec{
        "findings",
        "id VARCHAR, check_run VARCHAR, check_name VARCHAR, model VARCHAR, sample VARCHAR, object "
        "VARCHAR, "
        "error VARCHAR, class VARCHAR, score DOUBLE, x1 DOUBLE, y1 DOUBLE, x2 DOUBLE, y2 DOUBLE, "
        "evidence VARCHAR, created_at BIGINT"},
    TableSpec{"version_items",
              "version VARCHAR, sample VARCHAR, split VARCHAR, label_revision BIGINT"},
};

constexpr std::string_view kViews =
    "CREATE VIEW IF NOT EXISTS current_label_sets AS SELECT s.* FROM label_sets s JOIN (SELECT "
    "sample, layer, "
    "max(revision) AS revision FROM label_sets GROUP BY ALL) USING (sample, layer, revision);"
    // Labels of a set that no newer one replaces. Revisions count from 1 without gaps: a newer one
    // is the next, and above 1. Row groups that hold first revisions only, mostly all, are not
    // read.
    "CREATE VIEW IF NOT EXISTS current_labels AS SELECT l.* FROM labels l ANTI JOIN (SELECT "
    "sample, layer, revision - 1 AS revision FROM label_sets WHERE revision > 1) n USING (sample, "
    "layer, revision);";

}  // namespace

std::span<const TableSpec> all_tables() {
  return kTables;
}
std::string_view view_statements() {
  return kViews;
}

}  // namespace spotter::lake
