// Step 5 of the loop: batches of samples go to people who label them, in files out and back, and
// every change is seen before it is taken. Labels are only added as new revisions; nothing is
// overwritten.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "project/project.h"

namespace spotter::label {

struct BatchOptions {
  std::string name;
  std::string campaign;           // id or name: what it picked
  std::string where;              // or: samples that satisfy the filter
  std::vector<std::string> keys;  // added to either
  std::string cycle;              // gives the batch an identifier of its own in that cycle
};

// Makes an open batch with a task a sample; the campaign's failure modes go to state "labelling".
// The same call again returns the same batch. Throws kInvalid when there is nothing to label,
// kNotFound for an unknown campaign or sample, kConflict when the name belongs to other samples.
// Returns batch_status.
Json create_batch(Project& project, const BatchOptions& options);

// {"id","name","state","campaign","author","tasks":{"total","open","done","skipped"},"human_minutes",
// "report","created_at","updated_at","samples":[{"key","state","seconds"}]}; state is open,
// exported or done. Throws kNotFound with "did you mean".
[[nodiscard]] Json batch_status(Project& project, std::string_view batch);
// {"batches":[as batch_status without samples]}, newest first.
[[nodiscard]] Json list_batches(Project& project);

struct TeamOptions {
  std::string batch;
  std::filesystem::path truth_file;  // JSON Lines: {"key","objects":[{"id","class","box",…}]}
  double error_rate = 0.03;          // share of objects with an honest mistake
  std::uint64_t seed = 1;
  std::string author = "simulated_team";
};

// Plays the labelling team for demonstrations and rehearsals: reveals the truth of the batch's open
// tasks, with mistakes (an object overlooked, its class confused, its box badly drawn).
// Deterministic by seed and sample. Returns {"labelled","labels","mistakes","missing":[keys without
// truth]}. Counts no human minutes: no person spent any. Throws kInvalid for a broken truth file,
// with the line.
Json simulated_team(Project& project, const TeamOptions& options);

struct ClassOptions {
  std::string sample;
  std::string class_name;  // of the project's schema
  double seconds = 0;      // that the person looked, for the ledger
};
// A person's word on what the whole picture is, as a new revision of its label; open tasks of the
// sample are done with it. {"sample","class","before": class or null,"batches":[names]}. Throws
// kInvalid where pictures have no class of their own and for an unknown class, kNotFound for an
// unknown sample.
Json set_class(Project& project, const ClassOptions& options);

struct ExportOptions {
  std::string batch;
  std::string format;         // cvat, coco or csv; empty = csv where a picture has one class
  std::filesystem::path out;  // a folder that is absent or empty
  std::string model;          // its predictions are put in as labels to correct; empty = none
  double score_min = -1;      // of those; negative = 0.3 of boxes, any of classes
};
// Writes the batch's open tasks with their pictures beside, for people to label elsewhere. Returns
// {"batch", "folder","file","samples","labels","pre_labels","rejects"}.
Json export_batch(Project& project, const ExportOptions& options);

struct ImportOptions {
  std::string batch;
  std::string format;          // cvat, coco or csv; empty = what the file looks like
  std::filesystem::path path;  // what came back
  bool dry_run = false;        // only the difference
  std::string author;          // who labelled; empty = "import:<format>"
  double seconds = 0;          // attended time that the labelling took, for the ledger
};
// The difference to the current labels, sample by sample, and, unless it is a dry run, taken as new
// revisions in one write; the tasks are done. {"batch","dry_run","samples","changed","unchanged",
// "labels_added","labels_removed","labels_moved","labels_renamed","missing":[keys],"format",
// "incomplete":[keys],"refused":[keys],"foreign":[names],"expected_name",
// "differences":[{"key","added","removed","moved","renamed"}],"rejects"}. Pictures are known by the
// name that the export gave them, else by their original file name or key where that is only one's.
// Samples of the batch that the file does not mention, and those whose every object was refused,
// stay open; samples that lack some refused objects are taken and named (incomplete); samples that
// are not of the batch are left alone and named.
Json import_batch(Project& project, const ImportOptions& options);

}  // namespace spotter::label
