import { expect, test } from 'vitest';
import { reasonWords } from './words';

test('reasons have the names and the points of the table', () => {
  const name = (slice: string) => (slice === 'night' ? 'Night' : slice);
  expect(
    reasonWords(
      'night: +0.010, but a loss of 0.051 cannot be ruled out: label about 1 more objects of this slice',
      name,
    ),
  ).toBe('Night: +1.0, but a loss of 5.1 cannot be ruled out: label about 1 more object like these');
  expect(reasonWords('gains nothing', name)).toBe('Gains nothing');
});
