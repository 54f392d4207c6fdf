import { expect, test } from 'vitest';
import { columnsOf, pagesOf, tileAspect } from './layout';

test('columns', () => {
  expect(columnsOf(1000, 240, 12)).toBe(4);
  expect(columnsOf(100, 240, 12)).toBe(1);
});

test('pages that hold what is on the screen', () => {
  expect(pagesOf(0, 20, 1000, 60)).toEqual([0]);
  expect(pagesOf(50, 130, 1000, 60)).toEqual([0, 1, 2]);
  expect(pagesOf(99_960, 100_080, 100_000, 60)).toEqual([1666]);
  expect(pagesOf(0, 20, 0, 60)).toEqual([]);
});

test('shape of tiles', () => {
  expect(tileAspect([{ width: 160, height: 100 }])).toBe(1.6);
  expect(tileAspect([])).toBeCloseTo(4 / 3);
  expect(tileAspect([{ width: 10_000, height: 10 }])).toBe(2.4);
});
