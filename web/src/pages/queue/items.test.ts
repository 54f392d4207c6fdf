import { describe, expect, it } from 'vitest';
import {
  type Item,
  claimOf,
  marksOf,
  nextOpen,
  oneOf,
  overlap,
  partOf,
  proposalWords,
  rankWords,
} from './items';

const kItem: Item = {
  id: 'item_1',
  sample: 's',
  samples: ['s'],
  scene: 's',
  media: 'm',
  width: 400,
  height: 200,
  labelled: true,
  object: '3',
  error: 'miss',
  class: 'cone',
  box: [100, 50, 120, 90],
  probability: 0.9,
  worth: 0.9,
  verdict: 'model_error',
  model_error: 0.8,
  label_error: 0.1,
  proposal: null,
  channels: [],
  findings: ['finding_1'],
  modes: [],
};

const kAround = {
  labels: [
    { object: '3', class: 'cone', box: [100, 50, 120, 90], ignore: false },
    { object: '4', class: 'car', box: [0, 0, 40, 40], ignore: false },
    { object: '5', class: 'car', box: [0, 0, 40, 40], ignore: true },
  ],
  predictions: [
    { class: 'post', box: [101, 50, 121, 90], score: 0.15 },
    { class: 'car', box: [1, 0, 41, 40], score: 0.9 },
    { class: 'car', box: [300, 0, 340, 40], score: 0.2 },
  ],
};

describe('what an item says', () => {
  it('names the thing in plain words', () => {
    expect(claimOf(kItem)).toBe('The model may have overlooked a cone here.');
    expect(claimOf({ ...kItem, class: '' })).toContain('something');
    expect(claimOf({ ...kItem, error: 'my_own_check' })).toContain('my own check');
    expect(oneOf('orange_cone')).toBe('an orange cone');
  });

  it('says what accepting would do', () => {
    expect(proposalWords({ action: 'set_class', class: 'post', sample: 's' })).toBe('Name the label a post');
    expect(proposalWords({ action: 'add', class: 'cone', sample: 's' })).toBe('Add a cone to the labels');
  });

  it('says how strongly a check speaks', () => {
    expect([0.95, 0.7, 0.5, 0.1].map(rankWords)).toEqual([
      'among its strongest',
      'stronger than most',
      'as strong as most',
      'weaker than most',
    ]);
  });
});

describe('what is drawn', () => {
  it('shows the meant object strong and the others faint, predictions dashed', () => {
    const marks = marksOf(kItem, kAround);
    expect(marks.map((m) => [m.text, Boolean(m.quiet), m.kind === 'prediction'])).toEqual([
      ['', true, false],
      ['', true, true],
      ['cone', false, false],
      ['post 15 %', false, true],
    ]);
  });

  it('puts the proposal on top', () => {
    const proposal = {
      action: 'set_box' as const,
      object: '3',
      class: 'cone',
      box: [100, 48, 122, 92],
      sample: 's',
    };
    const marks = marksOf({ ...kItem, proposal }, kAround);
    expect(marks.at(-1)).toMatchObject({ kind: 'proposal', box: [100, 48, 122, 92] });
  });

  it('marks the place where nothing is drawn yet', () => {
    expect(marksOf(kItem, undefined)).toMatchObject([{ kind: 'finding', text: 'cone?' }]);
    expect(marksOf({ ...kItem, box: null }, undefined)).toEqual([]);
  });
});

describe('the part to look at', () => {
  it('is around the object, inside the picture, in its shape', () => {
    const part = partOf(kItem);
    expect(part).toBeDefined();
    const [x1, y1, x2, y2] = part ?? [0, 0, 0, 0];
    expect((x2 - x1) / (y2 - y1)).toBeCloseTo(2);
    expect(x1).toBeGreaterThanOrEqual(0);
    expect(y2).toBeLessThanOrEqual(200);
    expect(overlap([x1, y1, x2, y2], [100, 50, 120, 90])).toBeGreaterThan(0);
  });

  it('is the whole picture for what fills it or is about all of it', () => {
    expect(partOf({ ...kItem, box: [0, 0, 390, 190] })).toBeUndefined();
    expect(partOf({ ...kItem, box: null })).toBeUndefined();
  });
});

describe('going through the list', () => {
  it('skips what is decided and stays at the ends', () => {
    const decided = (i: number) => i === 1;
    expect(nextOpen(3, 0, 1, decided)).toBe(2);
    expect(nextOpen(3, 2, -1, decided)).toBe(0);
    expect(nextOpen(3, 2, 1, decided)).toBe(2);
  });
});
