import { describe, expect, test } from 'vitest';
import { ago, change, changes, duration, grouped, inPoints, minutes, money, plural, score } from './format';

describe('format', () => {
  test.each([
    [0, '0 s'],
    [3.14, '3.1 s'],
    [59.4, '59 s'],
    [125, '2 min 5 s'],
    [660, '11 min'],
    [3600, '1 h'],
    [11_400, '3 h 10 min'],
  ])('duration %s', (seconds, text) => expect(duration(seconds)).toBe(text));

  test('scores are points out of 100, undefined ones a dash', () => {
    expect(score(0.6238)).toBe('62.4');
    expect(score(-1)).toBe('–');
    expect(score(null)).toBe('–');
    expect(change(0.0312)).toBe('+3.1');
    expect(change(-0.004)).toBe('−0.4');
    expect(change(0.0001)).toBe('±0');
  });

  test('counts and money', () => {
    expect(grouped(1234567)).toBe('1,234,567');
    expect(plural(1, 'picture')).toBe('1 picture');
    expect(plural(2, 'batch', 'batches')).toBe('2 batches');
    expect(minutes(0.42)).toBe('0.4');
    expect(money(9.5, 'USD')).toBe('$9.50');
    expect(money(9.5, 'no such')).toBe('9.50 no such');
  });

  test('ago', () => {
    const now = Date.parse('2026-11-24T12:00:00Z');
    expect(ago('2026-11-24T11:59:50Z', now)).toBe('just now');
    expect(ago('2026-11-24T11:30:00Z', now)).toBe('30 min ago');
    expect(ago('2026-11-23T11:00:00Z', now)).toBe('yesterday');
    expect(ago(null, now)).toBe('–');
  });
});

test('scores in sentences become points', () => {
  expect(inPoints('night: -0.008, but a loss of 0.053 cannot be ruled out: label about 22 more')).toBe(
    'night: −0.8, but a loss of 5.3 cannot be ruled out: label about 22 more',
  );
  expect(inPoints('wins by +0.107, beyond chance')).toBe('wins by +10.7, beyond chance');
  expect(inPoints('version v2, 192 pictures, 0.5')).toBe('version v2, 192 pictures, 0.5');
  expect(changes(-0.0128, 0.0744)).toBe('−1.3 to +7.4');
});
