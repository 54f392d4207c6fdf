-- Times are milliseconds since 1970 (UTC); JSON is TEXT; flags are 0 or 1; ids are "noun_xxxxxxxx".

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);

-- The schema of labels: immutable ids, names may change, removed classes are archived.
CREATE TABLE classes (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, position BIGINT NOT NULL, archived BIGINT NOT NULL DEFAULT 0);

-- Parts of the data that a team watches. definition: {"where": filter, "class": name or ""}.
CREATE TABLE slices (
  name TEXT PRIMARY KEY, definition TEXT NOT NULL, weight DOUBLE PRECISION NOT NULL DEFAULT 1,
  blocking BIGINT NOT NULL DEFAULT 1, must TEXT NOT NULL DEFAULT 'not_lose', source TEXT NOT NULL,
  failure_mode TEXT NOT NULL DEFAULT '', archived BIGINT NOT NULL DEFAULT 0, created_at BIGINT NOT NULL);

CREATE TABLE flags (
  id TEXT PRIMARY KEY, sample TEXT NOT NULL, reason TEXT NOT NULL, box TEXT NOT NULL DEFAULT '',
  author TEXT NOT NULL, source TEXT NOT NULL, created_at BIGINT NOT NULL);
CREATE INDEX flags_by_sample ON flags (sample);

-- note: {"examined": count, "examined_blob": hash of the blob with the keys that the check could judge}; gc keeps it.
CREATE TABLE check_runs (
  id TEXT PRIMARY KEY, check_name TEXT NOT NULL, model TEXT NOT NULL, parameters TEXT NOT NULL,
  input_key TEXT NOT NULL, finding_count BIGINT NOT NULL, note TEXT NOT NULL DEFAULT '', cycle TEXT NOT NULL DEFAULT '',
  seconds DOUBLE PRECISION NOT NULL DEFAULT 0, created_at BIGINT NOT NULL);

CREATE TABLE verdicts (
  finding TEXT NOT NULL, verdict TEXT NOT NULL, note TEXT NOT NULL DEFAULT '', author TEXT NOT NULL,
  created_at BIGINT NOT NULL);
CREATE INDEX verdicts_by_finding ON verdicts (finding);

-- state: open, collecting, labelling, training, fixed, regressed, ignored.
CREATE TABLE failure_modes (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, title TEXT NOT NULL, slice TEXT NOT NULL, class_name TEXT NOT NULL,
  error TEXT NOT NULL, state TEXT NOT NULL, weight DOUBLE PRECISION NOT NULL, frequency DOUBLE PRECISION NOT NULL,
  severity DOUBLE PRECISION NOT NULL, rank_score DOUBLE PRECISION NOT NULL, evidence TEXT NOT NULL,
  first_model TEXT NOT NULL, last_model TEXT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL);
CREATE TABLE failure_mode_findings (
  failure_mode TEXT NOT NULL, finding TEXT NOT NULL, sample TEXT NOT NULL, score DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (failure_mode, finding));
CREATE TABLE failure_mode_history (
  failure_mode TEXT NOT NULL, state TEXT NOT NULL, model TEXT NOT NULL, note TEXT NOT NULL, created_at BIGINT NOT NULL);

-- state: open, collected, closed. query: {"where","mode","flags","similar_to":[keys]}.
CREATE TABLE campaigns (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, failure_mode TEXT NOT NULL DEFAULT '', query TEXT NOT NULL,
  budget BIGINT NOT NULL, state TEXT NOT NULL, report TEXT NOT NULL DEFAULT '{}', created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL);
CREATE TABLE campaign_items (
  campaign TEXT NOT NULL, sample TEXT NOT NULL, position BIGINT NOT NULL, reason TEXT NOT NULL,
  score DOUBLE PRECISION NOT NULL, PRIMARY KEY (campaign, sample));

-- Batch state: open, exported, done. Task state: open, done, skipped.
CREATE TABLE batches (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, campaign TEXT NOT NULL DEFAULT '', state TEXT NOT NULL,
  author TEXT NOT NULL DEFAULT '', report TEXT NOT NULL DEFAULT '{}', created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL);
CREATE TABLE tasks (
  batch TEXT NOT NULL, sample TEXT NOT NULL, position BIGINT NOT NULL, state TEXT NOT NULL,
  assignee TEXT NOT NULL DEFAULT '', seconds DOUBLE PRECISION NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL,
  PRIMARY KEY (batch, sample));

CREATE TABLE dataset_versions (
  id TEXT PRIMARY KEY, number BIGINT NOT NULL UNIQUE, parent TEXT NOT NULL DEFAULT '', message TEXT NOT NULL,
  author TEXT NOT NULL, content_hash TEXT NOT NULL, counts TEXT NOT NULL, lineage TEXT NOT NULL, created_at BIGINT NOT NULL);

-- kind: train, control, random, infer. state as of jobs.
CREATE TABLE runs (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, dataset_version TEXT NOT NULL, init_model TEXT NOT NULL DEFAULT '',
  model TEXT NOT NULL DEFAULT '', job TEXT NOT NULL DEFAULT '', state TEXT NOT NULL, parameters TEXT NOT NULL,
  metrics TEXT NOT NULL DEFAULT '{}', cycle TEXT NOT NULL DEFAULT '', seconds DOUBLE PRECISION NOT NULL DEFAULT 0,
  cpu_seconds DOUBLE PRECISION NOT NULL DEFAULT 0, created_at BIGINT NOT NULL, ended_at BIGINT NOT NULL DEFAULT 0);

-- files: {"model.pt": blob hash, …}; definition: the model.json of the trainer contract.
CREATE TABLE models (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, run TEXT NOT NULL DEFAULT '', dataset_version TEXT NOT NULL DEFAULT '',
  parent TEXT NOT NULL DEFAULT '', definition TEXT NOT NULL, files TEXT NOT NULL, created_at BIGINT NOT NULL);
CREATE TABLE aliases (alias TEXT PRIMARY KEY, model TEXT NOT NULL, updated_at BIGINT NOT NULL);

CREATE TABLE embedding_segments (
  model TEXT NOT NULL, kind TEXT NOT NULL, segment TEXT NOT NULL, row_count BIGINT NOT NULL, dimensions BIGINT NOT NULL,
  created_at BIGINT NOT NULL, PRIMARY KEY (model, kind, segment));

CREATE TABLE evaluations (
  id TEXT PRIMARY KEY, model TEXT NOT NULL, dataset_version TEXT NOT NULL, split TEXT NOT NULL, input_key TEXT NOT NULL,
  summary TEXT NOT NULL, created_at BIGINT NOT NULL);

-- verdict: pass, fail, inconclusive, hold.
CREATE TABLE gate_reports (
  id TEXT PRIMARY KEY, champion TEXT NOT NULL, challenger TEXT NOT NULL, control TEXT NOT NULL DEFAULT '',
  dataset_version TEXT NOT NULL, verdict TEXT NOT NULL, report TEXT NOT NULL, html TEXT NOT NULL,
  cycle TEXT NOT NULL DEFAULT '', created_at BIGINT NOT NULL);
CREATE TABLE approvals (
  id TEXT PRIMARY KEY, gate_report TEXT NOT NULL, decision TEXT NOT NULL, author TEXT NOT NULL, note TEXT NOT NULL,
  seconds DOUBLE PRECISION NOT NULL DEFAULT 0, created_at BIGINT NOT NULL);

-- Append only. action: deploy, rollback.
CREATE TABLE deployments (
  id TEXT PRIMARY KEY, target TEXT NOT NULL, model TEXT NOT NULL, previous TEXT NOT NULL DEFAULT '', action TEXT NOT NULL,
  author TEXT NOT NULL, reason TEXT NOT NULL, gate_report TEXT NOT NULL DEFAULT '', created_at BIGINT NOT NULL);

CREATE TABLE monitor_runs (
  id TEXT PRIMARY KEY, model TEXT NOT NULL, results TEXT NOT NULL, alarm BIGINT NOT NULL, cycle TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL);

CREATE TABLE jobs (
  name TEXT PRIMARY KEY, kind TEXT NOT NULL, executor TEXT NOT NULL, folder TEXT NOT NULL, handle TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL, failure TEXT NOT NULL DEFAULT 'none', exit_code BIGINT NOT NULL DEFAULT -1,
  fraction DOUBLE PRECISION NOT NULL DEFAULT 0, message TEXT NOT NULL DEFAULT '', attempt BIGINT NOT NULL DEFAULT 1,
  cycle TEXT NOT NULL DEFAULT '', step TEXT NOT NULL DEFAULT '', spec TEXT NOT NULL, seconds DOUBLE PRECISION NOT NULL DEFAULT 0,
  cpu_seconds DOUBLE PRECISION NOT NULL DEFAULT 0, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL);

-- Cycle state: running, waiting, done, failed, cancelled. Step state: pending, running, waiting, done, failed, skipped.
CREATE TABLE cycles (
  id TEXT PRIMARY KEY, number BIGINT NOT NULL UNIQUE, state TEXT NOT NULL, rehearsal BIGINT NOT NULL DEFAULT 0,
  started_by TEXT NOT NULL, parameters TEXT NOT NULL DEFAULT '{}', created_at BIGINT NOT NULL, ended_at BIGINT NOT NULL DEFAULT 0);
CREATE TABLE steps (
  cycle TEXT NOT NULL, position BIGINT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, input_key TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL DEFAULT '', outputs TEXT NOT NULL DEFAULT '{}', error TEXT NOT NULL DEFAULT '',
  finished_count BIGINT NOT NULL DEFAULT 0, started_at BIGINT NOT NULL DEFAULT 0, ended_at BIGINT NOT NULL DEFAULT 0,
  seconds DOUBLE PRECISION NOT NULL DEFAULT 0, human_seconds DOUBLE PRECISION NOT NULL DEFAULT 0, PRIMARY KEY (cycle, name));

-- kind: human or machine. key makes an entry unique, so that a repeated step does not count twice.
CREATE TABLE ledger (
  key TEXT PRIMARY KEY, cycle TEXT NOT NULL DEFAULT '', step TEXT NOT NULL DEFAULT '', kind TEXT NOT NULL,
  seconds DOUBLE PRECISION NOT NULL, cost DOUBLE PRECISION NOT NULL, note TEXT NOT NULL, author TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL);

CREATE TABLE audit (
  id TEXT PRIMARY KEY, author TEXT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL, details TEXT NOT NULL DEFAULT '{}',
  created_at BIGINT NOT NULL);
