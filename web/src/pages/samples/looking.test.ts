import { expect, test } from 'vitest';
import type { Evaluation, Model } from '../../api/queries';
import { looks, lookingOf, shownOf, sorts } from './looking';

const model = (id: string, aliases: string[] = []) => ({ id, name: id, aliases }) as unknown as Model;
const evaluation = (id: string, of: string) =>
  ({ id, model: of, version: 'v2', split: 'test' }) as unknown as Evaluation;

test('the address says what is asked; empty words vanish', () => {
  expect(lookingOf({ where: "a = 'b'", sort: '', score: 0.5, show: undefined })).toEqual({
    where: "a = 'b'",
  });
  expect(shownOf({ score: 0.5 }, 'detection').scoreMin).toBe(0.5);
  expect(shownOf({}, 'detection').scoreMin).toBe(0.3);
  expect(shownOf({ score: 0.5 }, 'classification').scoreMin).toBe(0);
});

test('each model alone and with its evaluations', () => {
  const choices = looks([model('m2', ['champion']), model('m1')], [evaluation('e1', 'm2')]);
  expect(choices.options.map((o) => o.label)).toEqual([
    'None, labels only',
    'm2 (at work)',
    'm2, on v2 test',
    'm1',
  ]);
  expect(choices.searchOf('m2/e1')).toEqual({ model: 'm2', evaluation: 'e1' });
  expect(choices.valueOf({ model: 'm2', evaluation: 'e1' })).toBe('m2/e1');
  expect(choices.searchOf('')).toEqual({ model: undefined, evaluation: undefined });
});

test('orders that need a model or an evaluation are offered only with one', () => {
  expect(sorts({}).map((s) => s.value)).toEqual(['key', '-captured_at', 'captured_at']);
  expect(sorts({ model: 'm', evaluation: 'e' }).map((s) => s.value)).toContain('mistakes');
});
