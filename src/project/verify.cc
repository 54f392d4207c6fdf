#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/parallel.h"
#include "project/care.h"

namespace spotter {
namespace {

constexpr std::size_t kShownMax = 3;  // names of the first few; the count says the rest

struct Reference {
  std::string_view table;
  std::string_view column;
  std::string_view target;  // its column id
};

// Columns of the catalog that are empty or name a row of another table.
constexpr Reference kReferences[] = {
    {"campaigns", "failure_mode", "failure_modes"},
    {"campaign_items", "campaign", "campaigns"},
    {"failure_mode_findings", "failure_mode", "failure_modes"},
    {"failure_mode_history", "failure_mode", "failure_modes"},
    {"failure_mode_evaluations", "failure_mode", "failure_modes"},
    {"failure_mode_evaluations", "dataset_version", "dataset_versions"},
    {"failure_mode_evaluations", "model", "models"},
    {"verdicts", "decision", "decisions"},
    {"slices", "failure_mode", "failure_modes"},
    {"batches", "campaign", "campaigns"},
    {"tasks", "batch", "batches"},
    {"dataset_versions", "parent", "dataset_versions"},
    {"runs", "dataset_version", "dataset_versions"},
    {"runs", "init_model", "models"},
    {"runs", "model", "models"},
    {"models", "run", "runs"},
    {"models", "dataset_version", "dataset_versions"},
    {"models", "parent", "models"},
    {"aliases", "model", "models"},
    {"evaluations", "model", "models"},
    {"evaluations", "dataset_version", "dataset_versions"},
    {"gate_reports", "champion", "models"},
    {"gate_reports", "challenger", "models"},
    {"gate_reports", "control", "models"},
    {"gate_reports", "dataset_version", "dataset_versions"},
    {"approvals", "gate_report", "gate_reports"},
    {"deployments", "model", "models"},
    {"deployments", "previous", "models"},
    {"deployments", "gate_report", "gate_reports"},
    {"monitor_runs", "model", "models"},
    {"steps", "cycle", "cycles"},
};

class Verifier {
 public:
  Verifier(Project& project, const VerifyOptions& options) : project_(project), options_(options) {}

  std::vector<std::string> run() {
    check_catalog();
    check_journal();
    for (auto& problem : project_.lake->verify()) {
      problems_.push_back(std::move(problem));
    }
    if (problems_.empty() || problems_.back().find("cannot be read") == std::string::npos) {
      check_samples();
      check_findings();
      check_versions();
    }
    check_blobs();
    return std::move(problems_);
  }

 private:
  void report(std::string_view what, const std::vector<std::string>& names) {
    if (names.empty()) {
      return;
    }
    const std::vector<std::string> shown(
        names.begin(),
        names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), kShownMax)));
    problems_.push_back(fmt::format("{} {}: \"{}\"{}", names.size(), what,
                                    fmt::join(shown, "\", \""),
                                    names.size() > shown.size() ? ", …" : ""));
  }

  std::vector<std::string> column(std::string_view sql) {
    std::vector<std::string> values;
    for (const auto& row : project_.catalog->query(sql)) {
      values.push_back(row.text(0));
    }
    return values;
  }

  void check_catalog() {
    if (project_.catalog->driver() == "sqlite") {
      for (const auto& row : project_.catalog->query("PRAGMA integrity_check")) {
        if (row.text(0) != "ok") {
          problems_.push_back(fmt::format("catalog: {}", row.text(0)));
        }
      }
    }
    for (const auto& r : kReferences) {
      report(fmt::format("rows of {} name a {} that is not in {}", r.table, r.column, r.target),
             column(fmt::format(
                 "SELECT DISTINCT {1} FROM {0} WHERE {1} <> '' AND {1} NOT IN (SELECT id FROM {2}) "
                 "ORDER BY {1}",
                 r.table, r.column, r.target)));
    }
  }

  void check_journal() {
    report("steps of cycles were finished more than once",
           column("SELECT cycle || ' ' || name FROM steps WHERE finished_count > 1 ORDER BY cycle, "
                  "position"));
    report("cycles are done though a step is not",
           column("SELECT DISTINCT c.id FROM cycles c JOIN steps s ON s.cycle = c.id WHERE c.state "
                  "= 'done' AND "
                  "s.state NOT IN ('done', 'skipped') ORDER BY c.id"));
  }

  void check_samples() {
    std::set<std::string> keys;
    const auto samples = project_.lake->query("SELECT key FROM samples");
    for (std::size_t r = 0; r < samples.rows.size(); ++r) {
      keys.insert(samples.text(r, 0));
    }
    for (const auto& table : {"flags", "campaign_items", "tasks", "failure_mode_findings"}) {
      std::vector<std::string> absent;
      for (auto& sample :
           column(fmt::format("SELECT DISTINCT sample FROM {} ORDER BY sample", table))) {
        if (!keys.contains(sample)) {
          absent.push_back(std::move(sample));
        }
      }
      report(fmt::format("samples of {} are not in the lake", table), absent);
    }
    const auto batches = column("SELECT id FROM batches");
    const std::set<std::string> known(batches.begin(), batches.end());
    std::vector<std::string> absent;
    const auto named = project_.lake->query(
        "SELECT DISTINCT batch FROM label_sets WHERE batch <> '' ORDER BY batch");
    for (std::size_t r = 0; r < named.rows.size(); ++r) {
      if (!known.contains(named.text(r, 0))) {
        absent.push_back(named.text(r, 0));
      }
    }
    report("batches of label revisions are not in the catalog", absent);
  }

  void check_findings() {
    const auto counts =
        project_.lake->query("SELECT check_run, count(*) FROM findings GROUP BY check_run");
    std::map<std::string, std::int64_t> stored;
    for (std::size_t r = 0; r < counts.rows.size(); ++r) {
      stored[counts.text(r, 0)] = counts.integer(r, 1);
    }
    std::vector<std::string> wrong;
    for (const auto& row :
         project_.catalog->query("SELECT id, finding_count FROM check_runs ORDER BY id")) {
      if (stored[row.text(0)] != row.integer(1)) {
        wrong.push_back(row.text(0));
      }
    }
    report("check runs do not have the findings that they count", wrong);
  }

  void check_versions() {
    const auto items = project_.lake->query(
        "SELECT v.version, v.sample, s.media, v.split, v.label_revision FROM version_items v JOIN "
        "samples s ON "
        "s.key = v.sample ORDER BY v.version, v.sample");
    std::map<std::string, ContentHash> hashes;
    for (std::size_t r = 0; r < items.rows.size(); ++r) {
      hashes[items.text(r, 0)].add(items.text(r, 1), items.text(r, 2), items.text(r, 3),
                                   items.integer(r, 4));
    }
    std::vector<std::string> wrong;
    for (const auto& row :
         project_.catalog->query("SELECT id, content_hash FROM dataset_versions ORDER BY number")) {
      if (hashes[row.text(0)].hex() != row.text(1)) {
        wrong.push_back(row.text(0));
      }
    }
    report("dataset versions do not have the content that their hash says", wrong);
  }

  // Hashes that are named where a blob is meant.
  std::set<std::string> named_blobs() {
    std::set<std::string> hashes;
    const auto named = project_.lake->query(
        "SELECT DISTINCT hash FROM (SELECT media AS hash FROM samples UNION ALL SELECT segment "
        "FROM prediction_sets "
        "UNION ALL SELECT object_segment FROM prediction_sets) WHERE hash <> ''");
    for (std::size_t r = 0; r < named.rows.size(); ++r) {
      hashes.insert(named.text(r, 0));
    }
    for (const auto& row : project_.catalog->query("SELECT files FROM models")) {
      const Json files = parse_json(row.text(0), "the files of a model");
      for (const auto& [file, hash] : files.items()) {
        hashes.insert(hash.get<std::string>());
      }
    }
    for (const auto& row :
         project_.catalog->query("SELECT note FROM check_runs WHERE note <> ''")) {
      const auto hash = parse_json(row.text(0), "check_runs.note").value("examined_blob", "");
      if (!hash.empty()) {
        hashes.insert(hash);
      }
    }
    for (auto& hash : column("SELECT html FROM gate_reports WHERE html <> ''")) {
      hashes.insert(std::move(hash));
    }
    return hashes;
  }

  void check_blobs() {
    std::vector<std::string> absent;
    for (const auto& hash : named_blobs()) {
      if (!project_.blobs->has(hash)) {
        absent.push_back(hash);
      }
    }
    report("blobs are named but not stored", absent);
    if (!options_.hashes) {
      return;
    }
    std::vector<std::string> stored;
    project_.blobs->list([&](std::string_view hash, std::uintmax_t) { stored.emplace_back(hash); });
    std::vector<std::string> changed;
    std::mutex mutex;
    std::size_t done = 0;
    parallel_for(stored.size(), 64, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const bool good = sha256_file(project_.blobs->local_path(stored[i])) == stored[i];
        const std::scoped_lock lock(mutex);
        if (!good) {
          changed.push_back(stored[i]);
        }
        ++done;
        if (options_.progress) {
          options_.progress(static_cast<double>(done) / static_cast<double>(stored.size()), "");
        }
      }
    });
    std::sort(changed.begin(), changed.end());
    report("blobs do not have the bytes of their hash", changed);
  }

  Project& project_;
  const VerifyOptions& options_;
  std::vector<std::string> problems_;
};

}  // namespace

void ContentHash::add(std::string_view sample, std::string_view media, std::string_view split,
                      std::int64_t revision) {
  text_ += fmt::format("{}\t{}\t{}\t{}\n", sample, media, split, revision);
}

std::string ContentHash::hex() const {
  return sha256_hex(text_);
}

std::vector<std::string> verify_project(Project& project) {
  return verify_project(project, {});
}

std::vector<std::string> verify_project(Project& project, const VerifyOptions& options) {
  return Verifier(project, options).run();
}

}  // namespace spotter
