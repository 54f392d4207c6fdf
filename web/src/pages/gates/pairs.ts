/** What changed between two models on one picture: which objects were lost or won, which alarms are new. Pure. */
import type { Schemas } from '../../api/client';
import type { Mark } from '../../draw/marks';
import { type Box, area, toBox } from '../../lib/geometry';

type Pair = Schemas['GateReport']['fixes'][number];
type Guess = Pair['before'][number];

/** Two boxes are the same thing from half of their union on, as in the score. */
const kSame = 0.5;

export function overlap(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const common = width * height;
  return common / (area(a) + area(b) - common);
}

function right(guesses: readonly Guess[]): Guess[] {
  return guesses.filter((g) => g.kind === 'tp');
}

/** Which labels one side found, best overlap first, each guess once. */
function foundBy(pair: Pair, guesses: readonly Guess[]): Set<number> {
  const found = new Set<number>();
  for (const guess of right(guesses)) {
    let best = -1;
    let most = kSame;
    pair.labels.forEach((label, i) => {
      const same = overlap(toBox(label.box), toBox(guess.box));
      if (label.class === guess.class && !found.has(i) && same >= most) {
        best = i;
        most = same;
      }
    });
    if (best >= 0) found.add(best);
  }
  return found;
}

export interface Side {
  /** What differs from the other side: to be drawn strongly. */
  changed: Mark[];
  /** What is the same on both: found, overlooked and false on both sides. */
  same: Mark[];
}

function sideOf(pair: Pair, guesses: readonly Guess[], others: readonly Guess[]): Side {
  const found = foundBy(pair, guesses);
  const foundThere = foundBy(pair, others);
  const side: Side = { changed: [], same: [] };
  pair.labels.forEach((label, i) => {
    const mark: Mark = {
      box: toBox(label.box),
      kind: found.has(i) ? 'found' : 'missed',
      text: label.class,
    };
    (found.has(i) === foundThere.has(i) ? side.same : side.changed).push(mark);
  });
  const alarmsThere = others.filter((g) => g.kind === 'fp').map((g) => toBox(g.box));
  for (const guess of guesses.filter((g) => g.kind === 'fp')) {
    const box = toBox(guess.box);
    const there = alarmsThere.some((other) => overlap(box, other) >= kSame);
    (there ? side.same : side.changed).push({ box, kind: 'alarm', text: guess.class });
  }
  return side;
}

export function sidesOf(pair: Pair): { before: Side; after: Side } {
  return {
    before: sideOf(pair, pair.before, pair.after),
    after: sideOf(pair, pair.after, pair.before),
  };
}

/** A part of the picture with everything that changed on either side, with air around it, of the picture's shape. */
export function partOf(pair: Pair): Box {
  const { before, after } = sidesOf(pair);
  const boxes = [...before.changed, ...after.changed].map((m) => m.box);
  if (boxes.length === 0) return [0, 0, pair.width, pair.height];
  const x1 = Math.min(...boxes.map((b) => b[0]));
  const y1 = Math.min(...boxes.map((b) => b[1]));
  const x2 = Math.max(...boxes.map((b) => b[2]));
  const y2 = Math.max(...boxes.map((b) => b[3]));
  const shape = pair.width / pair.height;
  const air = 1.35;
  const width = Math.min(pair.width, Math.max((x2 - x1) * air, (y2 - y1) * air * shape, pair.width / 3));
  const height = width / shape;
  const left = Math.min(Math.max(0, (x1 + x2 - width) / 2), pair.width - width);
  const top = Math.min(Math.max(0, (y1 + y2 - height) / 2), pair.height - height);
  return [left, top, left + width, top + height];
}
