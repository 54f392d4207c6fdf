import { describe, expect, it } from 'vitest';
import { type Measured, pointsOf } from './life';

const measured = (model: string, rate: number | null): Measured => ({
  model,
  name: model,
  version: 'v1',
  unit: 'objects',
  failed: Math.round((rate ?? 0) * 40),
  examined: 40,
  rate,
  low: Math.max(0, (rate ?? 0) - 0.1),
  high: Math.min(1, (rate ?? 0) + 0.1),
  scenes: 10,
  elsewhere: 0.05,
  against_first: null,
  against_champion: null,
});

const entry = (state: string, model: string) => ({ state, model, note: '', author: 'ann', at: '' });

describe('the life of a failure mode', () => {
  it('goes from the oldest model to the newest and says what each did', () => {
    const points = pointsOf(
      [measured('m1', 1), measured('m2', 0.05), measured('m3', 0.5)],
      [entry('open', 'm1'), entry('fixed', 'm2'), entry('regressed', 'm3')],
    );
    expect(points.map((p) => [p.x, p.y, p.event])).toEqual([
      [0, 1, 'open'],
      [0.5, 0.05, 'fixed'],
      [1, 0.5, 'regressed'],
    ]);
    expect(points[1]?.words).toBe('m2 fails on 2 of 40 objects (5 %, 0 % to 15 %)');
  });

  it('leaves out models that were never measured there, and puts one in the middle', () => {
    expect(pointsOf([measured('m1', null), measured('m2', 0.2)], []).map((p) => [p.model, p.x])).toEqual([
      ['m2', 0.5],
    ]);
  });
});
