import { expect, test } from 'vitest';
import type { Cycle, Step } from '../../api/queries';
import { needs, outcome, reportOf, standsAt } from './outcomes';

const step = (name: string, state: Step['state'], outputs: Step['outputs'] = {}): Step => ({
  name,
  state,
  outputs,
  finished_count: 0,
  started_at: null,
  ended_at: null,
  seconds: 0,
  human_minutes: 0,
  reason: '',
  error: '',
});

const cycle = (state: Cycle['state'], steps: Step[], interrupted = false): Cycle => ({
  id: 'cycle_1',
  number: 1,
  state,
  rehearsal: false,
  started_by: 'ada',
  created_at: null,
  ended_at: null,
  steps,
  verdict: '',
  decision: '',
  deployed: '',
  interrupted,
  next: '',
});

test('outcomes are told in words, and only of what is done', () => {
  const checks = { runs: [{ findings: 5 }, { findings: 2190 }] };
  expect(outcome(step('checks', 'done', checks))).toBe('2,195 findings by 2 checks');
  expect(outcome(step('checks', 'running', checks))).toBe('');
  expect(outcome(step('ingest', 'done', { imports: [{ samples_added: 0, labels_added: 0 }] }))).toBe(
    'nothing new',
  );
  expect(outcome(step('gate', 'done', { verdict: 'inconclusive' }))).toBe('undecided');
  expect(outcome(step('label', 'skipped', {}))).toBe('');
  expect(outcome(step('monitor', 'done', { alarms: ['scores'] }))).toBe('1 thing changed');
});

test('a cycle that stands still says what it needs', () => {
  const waiting = cycle('waiting', [
    step('gate', 'done', { report: 'gate_1', verdict: 'pass' }),
    step('deploy', 'waiting'),
  ]);
  expect(reportOf(waiting)).toBe('gate_1');
  expect(standsAt(waiting)?.name).toBe('deploy');
  expect(needs(waiting, false)).toContain('waits for your decision');
  expect(needs(waiting, true)).toContain('can go on');
  const cut = cycle('running', [step('train', 'running')], true);
  expect(standsAt(cut)?.name).toBe('train');
  expect(needs(cut, false)).toContain('Nobody works on it');
  const running = cycle('running', [step('train', 'running')]);
  expect(standsAt(running)).toBeUndefined();
  expect(needs(running, false)).toBe('');
  expect(needs(cycle('failed', [step('train', 'failed')]), false)).toContain('“Train” failed');
  expect(needs(cycle('done', []), false)).toBe('');
});
