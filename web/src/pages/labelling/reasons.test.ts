import { expect, test } from 'vitest';
import { reasonOf } from './reasons';

test('the mode and what spoke for the picture, without figures and conditions', () => {
  expect(
    reasonOf("missed objects in rain: found by a check (0.86), weather = 'rain'; 2.60 usual distances away"),
  ).toEqual({ mode: 'missed objects in rain', short: 'found by a check' });
  expect(
    reasonOf('missed where week is at least 4: week >= 4, holds an object like an example (0.79)'),
  ).toEqual({
    mode: 'missed where week is at least 4',
    short: 'holds an object like an example',
  });
  expect(reasonOf("like what was flagged: flagged (1.00), (district = 'harbour'); 1.19 usual")).toEqual({
    mode: 'like what was flagged',
    short: 'flagged',
  });
  expect(reasonOf('picked at random')).toEqual({ mode: '', short: 'picked at random' });
});
