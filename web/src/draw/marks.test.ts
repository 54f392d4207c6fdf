import { expect, test } from 'vitest';
import { type Marked, marksOf, tally } from './marks';

const label = (kind: string, score: number | null = null, ignore = false) => ({
  class: 'cone',
  box: [0, 0, 10, 10],
  kind,
  score,
  ignore,
});
const prediction = (kind: string, score: number) => ({ class: 'cone', box: [1, 1, 9, 9], kind, score });

const sample = (over: Partial<Marked>): Marked => ({ labels: [], predictions: [], sensor: [], ...over });
const shown = { labels: true, predictions: true, scoreMin: 0.3 };

test('without an evaluation labels are labels and predictions guesses', () => {
  const marks = marksOf(sample({ labels: [label('')], predictions: [prediction('', 0.9)] }), shown);
  expect(tally(marks)).toEqual({ label: 1, guess: 1 });
});

test('with one, right, overlooked and false are told apart', () => {
  const marks = marksOf(
    sample({
      labels: [label('tp', 0.9), label('fn')],
      predictions: [prediction('tp', 0.9), prediction('fp', 0.5)],
    }),
    shown,
  );
  expect(tally(marks)).toEqual({ missed: 1, found: 1, alarm: 1 });
});

test('what was found only with a low score is overlooked at a higher one', () => {
  const marks = marksOf(sample({ labels: [label('tp', 0.2)], predictions: [prediction('tp', 0.2)] }), shown);
  expect(tally(marks)).toEqual({ missed: 1 });
});

test('layers can be hidden; found labels are shown when predictions are not', () => {
  const both = sample({ labels: [label('tp', 0.9)], predictions: [prediction('tp', 0.9)] });
  expect(tally(marksOf(both, { ...shown, predictions: false }))).toEqual({ label: 1 });
  expect(tally(marksOf(both, { ...shown, labels: false }))).toEqual({ found: 1 });
  expect(tally(marksOf(sample({ labels: [label('', null, true)] }), shown))).toEqual({ ignored: 1 });
});
