/** The life of a failure mode over models as points of a small chart. Pure. */
import type { Schemas } from '../../api/client';
import { percent } from '../../lib/format';

export type Measured = Schemas['FailureModeModel'];
type Entry = Schemas['FailureModeDetail']['history'][number];

export interface Point {
  model: string;
  name: string;
  x: number;
  y: number;
  low: number;
  high: number;
  /** What this model did to the mode: found, fixed, regressed, or nothing. */
  event: string;
  words: string;
}

/** Points in 0..1 by 0..1 (y upwards: the share that fails), evenly apart, oldest left; models without a measurement are left out. */
export function pointsOf(models: readonly Measured[], history: readonly Entry[]): Point[] {
  const shown = models.filter((m) => m.rate !== null);
  return shown.map((m, i) => {
    const moves = history.filter((h) => h.model === m.model);
    const event = moves.findLast((h) => h.state === 'fixed' || h.state === 'regressed')?.state;
    return {
      model: m.model,
      name: m.name,
      x: shown.length === 1 ? 0.5 : i / (shown.length - 1),
      y: m.rate ?? 0,
      low: m.low,
      high: m.high,
      event: event ?? (moves.length > 0 ? 'open' : ''),
      words: `${m.name} fails on ${m.failed} of ${m.examined} ${m.unit} (${percent(m.rate ?? 0)}, ${percent(m.low)} to ${percent(m.high)})`,
    };
  });
}
