import { expect, test, vi } from 'vitest';
import { KeyReader, type Shortcut, printedKeys } from './shortcuts';

const shortcut = (keys: string): Shortcut => ({ keys, title: keys, run: vi.fn() });

test('one key, and the later layer wins', () => {
  const first = shortcut('s');
  const second = shortcut('s');
  expect(new KeyReader().read('s', [first, second], 0)).toBe(second);
});

test('two keys in time are a chord, too late they are not', () => {
  const chord = shortcut('g m');
  const reader = new KeyReader();
  expect(reader.read('g', [chord], 0)).toBeNull();
  expect(reader.read('m', [chord], 300)).toBe(chord);
  expect(reader.read('g', [chord], 1000)).toBeNull();
  expect(reader.read('m', [chord], 5000)).toBeNull();
});

test('keys as they are printed', () => {
  expect(printedKeys('g m')).toBe('G M');
  expect(printedKeys('ArrowLeft')).toBe('←');
  expect(printedKeys('?')).toBe('?');
});
