import { expect, test } from 'vitest';
import { classKeys } from './classKeys';

test('digits stand for themselves, other classes are counted', () => {
  expect(classKeys(['0', '1', '7'])).toEqual(['0', '1', '7']);
  expect(classKeys(['cat', 'dog'])).toEqual(['1', '2']);
  expect(classKeys(Array.from({ length: 12 }, (_, i) => `class ${i}`)).slice(8)).toEqual([
    '9',
    '0',
    undefined,
    undefined,
  ]);
});
