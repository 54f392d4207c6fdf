import { expect, test } from 'vitest';
import { attributeName, both, condition, isEverything, quoted } from './filter';

test('texts are quoted, quotes doubled', () => {
  expect(quoted("it's")).toBe("'it''s'");
  expect(condition('weather', 'text', 'rain')).toBe("weather = 'rain'");
  expect(condition('night', 'truth', 'true')).toBe('night = true');
});

test('joining keeps precedence', () => {
  expect(both('', 'true')).toBe('');
  expect(both("weather = 'rain'", undefined)).toBe("weather = 'rain'");
  expect(both('a = 1 OR b = 2', 'c = 3')).toBe('(a = 1 OR b = 2) AND c = 3');
  expect(isEverything(' TRUE ')).toBe(true);
});

test('names that the language cannot say', () => {
  expect(attributeName('rain_mm')).toBe('rain_mm');
  expect(attributeName('rain mm')).toBeNull();
});
