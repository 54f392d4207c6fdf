/** What is drawn over a picture: labels and predictions as marks, and which of them agree. Pure. */
import { type Box, toBox } from '../lib/geometry';

/** found: rightly found · missed: overlooked · alarm: nothing there · label, guess, prediction (dashed): not compared · other */
export type MarkKind =
  | 'found'
  | 'missed'
  | 'alarm'
  | 'label'
  | 'guess'
  | 'prediction'
  | 'ignored'
  | 'sensor'
  | 'finding'
  | 'proposal';

export interface Mark {
  box: Box;
  kind: MarkKind;
  text: string;
  /** Drawn thin and faint: it is there, but nothing to look at. */
  quiet?: boolean;
}

interface LabelLike {
  class: string;
  box: number[];
  kind: string;
  score: number | null;
  ignore: boolean;
}

interface PredictionLike {
  class: string;
  box: number[];
  kind: string;
  score: number;
}

export interface Marked {
  labels: LabelLike[];
  predictions: PredictionLike[];
  sensor: LabelLike[];
}

export interface Shown {
  labels: boolean;
  predictions: boolean;
  scoreMin: number;
}

function labelMark(label: LabelLike, scoreMin: number): Mark {
  const box = toBox(label.box);
  if (label.ignore || label.kind === 'ignored') return { box, kind: 'ignored', text: label.class };
  if (label.kind === '') return { box, kind: 'label', text: label.class };
  const missed = label.kind === 'fn' || (label.score ?? 0) < scoreMin;
  return { box, kind: missed ? 'missed' : 'label', text: label.class };
}

function predictionMark(prediction: PredictionLike): Mark {
  const kinds: Record<string, MarkKind> = { tp: 'found', fp: 'alarm', ignored: 'ignored' };
  return {
    box: toBox(prediction.box),
    kind: kinds[prediction.kind] ?? 'guess',
    text: `${prediction.class} ${Math.round(prediction.score * 100)} %`,
  };
}

/**
 * Marks from below to above. Where an evaluation compared labels with predictions, a label that was found is
 * left to the prediction that found it.
 */
export function marksOf(sample: Marked, shown: Shown): Mark[] {
  const labels = sample.labels.map((l) => ({ mark: labelMark(l, shown.scoreMin), compared: l.kind !== '' }));
  const guesses = sample.predictions.filter((p) => p.score >= shown.scoreMin).map(predictionMark);
  return [
    ...sample.sensor.map((s): Mark => ({ box: toBox(s.box), kind: 'sensor', text: s.class })),
    ...labels
      .filter(
        ({ mark, compared }) => shown.labels && !(compared && mark.kind === 'label' && shown.predictions),
      )
      .map(({ mark }) => mark),
    ...(shown.predictions ? guesses : []),
  ];
}

/** How many marks there are of each kind. */
export function tally(marks: readonly Mark[]): Partial<Record<MarkKind, number>> {
  const counts: Partial<Record<MarkKind, number>> = {};
  for (const mark of marks) counts[mark.kind] = (counts[mark.kind] ?? 0) + 1;
  return counts;
}

export const kMarkWords: Record<MarkKind, string> = {
  found: 'Rightly found',
  missed: 'Overlooked',
  alarm: 'False alarm',
  label: 'Label',
  guess: 'Model',
  prediction: 'Model',
  ignored: 'Does not count',
  sensor: 'Other sensor',
  finding: 'What is asked about',
  proposal: 'Proposed change',
};
