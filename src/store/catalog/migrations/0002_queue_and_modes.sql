-- One row for each time that a person decided about an item of the queue; its verdicts, one for each finding of the
-- item, name it. revisions: [{"sample", "before", "after"}] of the labels that an accepted proposal changed. undone_at 0 = stands.
CREATE TABLE decisions (
  id TEXT PRIMARY KEY, verdict TEXT NOT NULL, sample TEXT NOT NULL, revisions TEXT NOT NULL DEFAULT '[]',
  seconds DOUBLE PRECISION NOT NULL DEFAULT 0, author TEXT NOT NULL, created_at BIGINT NOT NULL,
  undone_at BIGINT NOT NULL DEFAULT 0);
ALTER TABLE verdicts ADD COLUMN decision TEXT NOT NULL DEFAULT '';

ALTER TABLE failure_modes ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE failure_mode_history ADD COLUMN author TEXT NOT NULL DEFAULT '';

-- How a failure mode fares with each model: of `examined` units (objects or samples) of its slice in the test split `failed`
-- show its kind of error, and `elsewhere_*` outside of it. scenes: [["scene", failed, examined], …] of the slice.
CREATE TABLE failure_mode_evaluations (
  failure_mode TEXT NOT NULL, model TEXT NOT NULL, dataset_version TEXT NOT NULL,
  unit TEXT NOT NULL, failed BIGINT NOT NULL, examined BIGINT NOT NULL, elsewhere_failed BIGINT NOT NULL,
  elsewhere_examined BIGINT NOT NULL, scenes TEXT NOT NULL, created_at BIGINT NOT NULL,
  PRIMARY KEY (failure_mode, model, dataset_version));
