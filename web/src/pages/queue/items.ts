/** An item of the queue as a person sees it: what is claimed, what is drawn, what would be changed. Pure. */
import type { Schemas } from '../../api/client';
import type { Mark } from '../../draw/marks';
import { type Box, type Size, area, toBox } from '../../lib/geometry';

export type Item = Schemas['QueueItem'];
export type Proposal = NonNullable<Item['proposal']>;

interface Boxed {
  class: string;
  box: number[];
}

export interface Around {
  labels: (Boxed & { object: string; ignore: boolean })[];
  predictions: (Boxed & { score: number })[];
}

const kScoreMin = 0.3;
const kShownMin = 0.1;
const kSame = 0.3;
const kPlaced = 0.5;

export function overlap(a: Box, b: Box): number {
  const both: Box = [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])];
  if (both[2] <= both[0] || both[3] <= both[1]) return 0;
  const shared = area(both);
  return shared / (area(a) + area(b) - shared);
}

function claims(thing: string): Record<string, string> {
  return {
    miss: `The model may have overlooked ${thing} here.`,
    false_alarm: `The model sees ${thing} here. Perhaps nothing is there.`,
    wrong_class: `Label and model say different things here: is it ${thing}?`,
    bad_box: `The model's box for ${thing} may be in the wrong place.`,
    duplicate: `The model may have counted ${thing} twice.`,
    label_missing: `There may be ${thing} here that nobody labelled.`,
    label_class: `The label here may name the wrong kind.`,
    label_box: `The label's box may be in the wrong place.`,
    label_spurious: `Perhaps nothing is there where the label is.`,
    label_invalid: 'The label here breaks a rule.',
    uncertain: 'The model is unsure here.',
    novel: 'This looks unlike what the model learned from.',
    near_duplicate: 'This picture is nearly the same as another.',
    leak: 'This picture is in training and in the test.',
    shift: 'Pictures like this are more frequent than they were.',
    failure_cluster: 'In pictures that look like this the model fails more than elsewhere.',
    flagged: 'A person flagged this.',
    high_loss: 'Labels and model disagree about much of this picture.',
    miscalibrated: 'The model is surer here than it should be.',
    wrong_future: 'What happened next is not what the model foresaw.',
  };
}

/** "a cone", "an orange cone". */
export function oneOf(name: string): string {
  const words = name.replaceAll('_', ' ');
  return `${/^[aeiou]/i.test(words) ? 'an' : 'a'} ${words}`;
}

/** What the item claims, in a sentence. */
export function claimOf(item: Item): string {
  const thing = item.class === '' ? 'something' : oneOf(item.class);
  return claims(thing)[item.error] ?? `A check found something: ${item.error.replaceAll('_', ' ')}.`;
}

/** What accepting would do, in a sentence. */
export function proposalWords(proposal: Proposal): string {
  const thing = oneOf(proposal.class ?? 'object');
  const words = {
    add: `Add ${thing} to the labels`,
    remove: 'Remove this label',
    set_class: `Name the label ${thing}`,
    set_box: "Move the label's box to the green one",
  };
  return words[proposal.action];
}

function labelMarks(item: Item, around: Around, at: Box | null): Mark[] {
  const named = new Set([item.object, item.proposal?.object].filter((o) => o));
  return around.labels
    .filter((l) => !l.ignore)
    .map((l) => {
      const box = toBox(l.box);
      const meant = named.has(l.object) || (at !== null && overlap(box, at) >= kSame);
      const quiet = at !== null && !meant;
      return { box, kind: 'label', text: quiet ? '' : l.class, quiet };
    });
}

function predictionMarks(around: Around, at: Box | null): Mark[] {
  const marks: Mark[] = [];
  for (const p of around.predictions) {
    const box = toBox(p.box);
    const meant = at !== null && overlap(box, at) >= kSame;
    if (p.score < (meant ? kShownMin : kScoreMin)) continue;
    const quiet = at !== null && !meant;
    const text = quiet ? '' : `${p.class} ${Math.round(p.score * 100)} %`;
    marks.push({ box, kind: 'prediction', text, quiet });
  }
  return marks;
}

function proposalMarks({ proposal, box }: Item): Mark[] {
  const place = proposal?.box ?? (proposal && proposal.action !== 'add' ? box : null);
  return proposal && place ? [{ box: toBox(place), kind: 'proposal', text: proposal.class ?? '' }] : [];
}

/** Marks from below to above: other things faint, labels solid, predictions dashed, the proposal on top. */
export function marksOf(item: Item, around: Around | undefined): Mark[] {
  const at = item.box === null ? null : toBox(item.box);
  const drawn = around ? [...labelMarks(item, around, at), ...predictionMarks(around, at)] : [];
  const place: Mark[] =
    at !== null && !drawn.some((m) => !m.quiet && overlap(m.box, at) >= kPlaced)
      ? [{ box: at, kind: 'finding', text: item.class === '' ? 'here' : `${item.class}?` }]
      : [];
  return [...drawn.sort((a, b) => Number(b.quiet) - Number(a.quiet)), ...place, ...proposalMarks(item)];
}

const kAround = 2.5;
const kPartMin = 0.25;

/** The part of the picture to look at: the object with what is around it, in the shape of the place it is shown in; undefined = all. */
export function partOf(item: Item): Box | undefined {
  if (item.box === null) return undefined;
  const picture: Size = item;
  const [x1, y1, x2, y2] = toBox(item.proposal?.box ?? item.box);
  const share = Math.max(
    kPartMin,
    (kAround * (x2 - x1)) / picture.width,
    (kAround * (y2 - y1)) / picture.height,
  );
  if (share >= 0.8) return undefined;
  const width = share * picture.width;
  const height = share * picture.height;
  const left = Math.min(Math.max(0, (x1 + x2 - width) / 2), picture.width - width);
  const top = Math.min(Math.max(0, (y1 + y2 - height) / 2), picture.height - height);
  return [left, top, left + width, top + height];
}

/** How strongly a check speaks, as a person would say it. */
export function rankWords(rank: number): string {
  if (rank >= 0.9) return 'among its strongest';
  if (rank >= 0.6) return 'stronger than most';
  return rank >= 0.4 ? 'as strong as most' : 'weaker than most';
}

/** The next item from `at` on, in steps of `by`, that is not decided; `at` itself when there is none. */
export function nextOpen(count: number, at: number, by: 1 | -1, decided: (i: number) => boolean): number {
  for (let i = at + by; i >= 0 && i < count; i += by) if (!decided(i)) return i;
  return at;
}
