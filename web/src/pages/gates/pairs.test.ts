import { expect, test } from 'vitest';
import { overlap, partOf, sidesOf } from './pairs';

const guess = (kind: string, box: number[], name = 'cone') => ({ class: name, score: 0.5, kind, box });

const pair = {
  sample: 'a',
  media: 'm',
  width: 300,
  height: 200,
  fixed: 0,
  broken: 1,
  note: '',
  labels: [
    { class: 'cone', box: [10, 10, 30, 40] },
    { class: 'cone', box: [100, 100, 120, 140] },
  ],
  before: [guess('tp', [11, 10, 30, 41]), guess('fp', [200, 20, 220, 40])],
  after: [guess('fp', [201, 20, 221, 41]), guess('fp', [60, 60, 80, 90])],
};

test('overlap is the share of the union', () => {
  expect(overlap([0, 0, 10, 10], [0, 0, 10, 10])).toBe(1);
  expect(overlap([0, 0, 10, 10], [5, 0, 15, 10])).toBeCloseTo(1 / 3);
  expect(overlap([0, 0, 10, 10], [10, 0, 20, 10])).toBe(0);
});

test('a lost object and a new alarm stand out, the rest is the same', () => {
  const { before, after } = sidesOf(pair);
  expect(before.changed.map((m) => m.kind)).toEqual(['found']);
  expect(after.changed.map((m) => m.kind)).toEqual(['missed', 'alarm']);
  expect(before.same.map((m) => m.kind)).toEqual(['missed', 'alarm']);
  expect(after.same.map((m) => m.kind)).toEqual(['missed', 'alarm']);
});

test('the part holds all that changed, inside the picture and in its shape', () => {
  const [x1, y1, x2, y2] = partOf(pair);
  expect(x1).toBeLessThanOrEqual(10);
  expect(y1).toBeGreaterThanOrEqual(0);
  expect(x2).toBeGreaterThanOrEqual(80);
  expect(y2).toBeGreaterThanOrEqual(90);
  expect((x2 - x1) / (y2 - y1)).toBeCloseTo(1.5);
  const still = { ...pair, after: pair.before };
  expect(partOf(still)).toEqual([0, 0, 300, 200]);
});
