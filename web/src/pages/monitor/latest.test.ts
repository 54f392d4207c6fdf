import { expect, test } from 'vitest';
import { latestOf, monitorWords, thenAndNow } from './latest';

const row = { name: 'detections', state: 'ok', reference: 5.2448, current: 5.4133, p_adjusted: null };

test('monitors are read whatever else the document holds', () => {
  const [monitor] = latestOf({ monitors: [row], window: {} });
  expect(monitor).toMatchObject({ name: 'detections', p_adjusted: 1, statistic: 0, exemplars: [] });
  expect(latestOf({ monitors: 'none' })).toEqual([]);
  expect(latestOf(null)).toEqual([]);
});

test('what is watched, and the figure then and now', () => {
  expect(monitorWords('detections of cone')).toBe('Objects found: cone');
  expect(monitorWords('own_check')).toBe('own check');
  const told = (more: object) => latestOf({ monitors: [{ ...row, ...more }] }).map(thenAndNow);
  expect(told({})).toEqual(['5.24 → 5.41']);
  expect(told({ name: 'empty', reference: 0, current: 0.125 })).toEqual(['0.0 % → 12.5 %']);
  expect(told({ reference: null })).toEqual(['–']);
});
