/** What came out of a step, in a few words for people; and what a cycle that stands still needs. Pure. */
import type { Cycle, Step } from '../../api/queries';
import { grouped, plural } from '../../lib/format';
import { stepWords, verdictWords } from '../../lib/words';

type Outputs = Step['outputs'];

function list(outputs: Outputs, key: string): Record<string, unknown>[] {
  const value = outputs[key];
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function total(rows: Record<string, unknown>[], key: string): number {
  return rows.reduce((sum, row) => sum + number(row[key]), 0);
}

function brought(outputs: Outputs): string {
  const imports = list(outputs, 'imports');
  if (imports.length === 0) return '';
  const samples = total(imports, 'samples_added');
  const labels = total(imports, 'labels_added');
  if (samples + labels === 0) return 'nothing new';
  return `${plural(samples, 'new picture')}, ${plural(labels, 'new label')}`;
}

function checked(outputs: Outputs): string {
  const runs = list(outputs, 'runs');
  if (runs.length === 0) return '';
  return `${plural(total(runs, 'findings'), 'finding')} by ${plural(runs.length, 'check')}`;
}

function labelled(outputs: Outputs): string {
  const tasks = record(outputs.tasks);
  return tasks.total === undefined ? '' : `${plural(number(tasks.done), 'picture')} labelled`;
}

function frozen(outputs: Outputs): string {
  const counts = record(outputs.counts);
  if (counts.samples === undefined) return '';
  return `${plural(number(counts.samples), 'picture')}, ${grouped(number(counts.labels))} objects`;
}

function trained(outputs: Outputs): string {
  const names = list(outputs, 'runs').map((run) =>
    run.kind === 'train' ? String(run.name) : `${String(run.name)} to compare with`,
  );
  return names.join(', ');
}

const kDecisions: Record<string, string> = {
  shipped: 'the new model is at work',
  refused: 'the new model does not ship: it did not pass',
  held: 'a person held the new model',
  nothing: 'there was no new model',
};

function watched(outputs: Outputs): string {
  const alarms = outputs.alarms;
  if (!Array.isArray(alarms)) return '';
  return alarms.length === 0 ? 'as usual' : `${plural(alarms.length, 'thing')} changed`;
}

const kOutcomes: Record<string, (outputs: Outputs) => string> = {
  ingest: brought,
  checks: checked,
  triage: (o) => (Array.isArray(o.modes) ? `${plural(o.modes.length, 'failure mode')} to work on` : ''),
  curate: (o) => (o.picked === undefined ? '' : `${plural(number(o.picked), 'picture')} picked`),
  label: labelled,
  version: frozen,
  train: trained,
  evaluate: (o) => {
    const count = Object.keys(record(o.evaluations)).length;
    return count === 0 ? '' : `${plural(count, 'model')} scored`;
  },
  gate: (o) => (typeof o.verdict === 'string' ? verdictWords(o.verdict).text.toLowerCase() : ''),
  deploy: (o) => kDecisions[String(o.decision)] ?? '',
  monitor: watched,
};

/** "4,346 findings by 6 checks"; "" where there is nothing to tell. */
export function outcome(step: Step): string {
  return step.state === 'done' || step.state === 'skipped'
    ? (kOutcomes[step.name]?.(step.outputs) ?? '')
    : '';
}

/** The gate report of a cycle, "" before there is one. */
export function reportOf(cycle: Cycle): string {
  const report = cycle.steps.find((s) => s.name === 'gate')?.outputs.report;
  return typeof report === 'string' ? report : '';
}

/** Where a cycle stands still, if it does. */
export function standsAt(cycle: Cycle): Step | undefined {
  const still =
    ['waiting', 'failed'].includes(cycle.state) || (cycle.state === 'running' && cycle.interrupted);
  return still ? cycle.steps.find((s) => s.state === cycle.state) : undefined;
}

/** What a cycle that stands still needs, in a sentence; "" when it needs nobody. */
export function needs(cycle: Cycle, decided: boolean): string {
  const at = standsAt(cycle)?.name ?? '';
  if (cycle.state === 'running') {
    return cycle.interrupted ? 'Nobody works on it: its process was ended. What it has done is kept.' : '';
  }
  if (cycle.state === 'failed') {
    return `“${stepWords(at).title}” failed. Mend the cause, then let it go on: what is done is not repeated.`;
  }
  if (cycle.state !== 'waiting') return '';
  if (at === 'deploy') {
    return decided
      ? 'The decision about the new model is taken. The cycle can go on.'
      : 'The new model waits for your decision: ship it, or hold it back.';
  }
  if (at === 'label') return 'The batch waits for labels. When they are back, let the cycle go on.';
  return 'It waits for people. When they are done, let it go on.';
}
