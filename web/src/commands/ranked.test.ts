import { expect, test } from 'vitest';
import { type Action, rank, ranked } from './ranked';

test('starts, words, parts, letters', () => {
  expect(rank('Failure modes', 'fail')).toBe(0);
  expect(rank('Failure modes', 'mod')).toBe(1);
  expect(rank('Failure modes', 'lure')).toBe(2);
  expect(rank('Failure modes', 'fms')).toBe(3);
  expect(rank('Failure modes', 'xyz')).toBe(-1);
});

test('best first, else as given', () => {
  const actions: Action[] = ['Gate reports', 'Go to models', 'Models'].map((title) => ({
    id: title,
    title,
    group: '',
    keys: '',
    run: () => undefined,
  }));
  expect(ranked(actions, 'mod').map((a) => a.title)).toEqual(['Models', 'Go to models']);
  expect(ranked(actions, '')).toHaveLength(3);
});
