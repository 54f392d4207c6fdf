import { describe, expect, it } from 'vitest';
import { type Track, apart, gridMetres, groundOf, offAtEnd, place, waysOf } from './track';

const kTrack: Track = {
  dt: 0.4,
  observed: [
    [0, 0],
    [1, 0],
  ],
  future: [
    [2, 0],
    [3, 4],
  ],
  modes: [
    {
      probability: 0.7,
      path: [
        [2, 0],
        [3, 1],
      ],
    },
  ],
};

describe('a track on the screen', () => {
  it('lies inside the frame, north up', () => {
    const frame = { width: 300, height: 200 };
    const ground = groundOf(kTrack, frame, 20);
    const { seen, future } = waysOf(kTrack);
    for (const [x, y] of [...seen, ...future].map((p) => place(p, ground))) {
      expect(x).toBeGreaterThanOrEqual(20);
      expect(x).toBeLessThanOrEqual(280);
      expect(y).toBeGreaterThanOrEqual(20 - 1e-9);
      expect(y).toBeLessThanOrEqual(180 + 1e-9);
    }
    expect(place([0, 1], ground)[1]).toBeLessThan(place([0, 0], ground)[1]);
  });

  it('is not blown up when the agent stands', () => {
    const still = { ...kTrack, observed: [[5, 5]], future: [], modes: [] };
    expect(groundOf(still, { width: 400, height: 400 }, 0).scale).toBe(100);
  });

  it('continues from where the agent was seen last', () => {
    expect(waysOf(kTrack).future[0]).toEqual([1, 0]);
    expect(waysOf({ ...kTrack, future: [] }).future).toEqual([]);
  });

  it('has grid lines that can be told apart', () => {
    expect(gridMetres(100, 200)).toBe(0.5);
    expect(gridMetres(100, 1200)).toBe(2);
    expect(gridMetres(20, 200)).toBe(2);
    expect(gridMetres(0.001, 200)).toBe(1000);
  });

  it('keeps words apart', () => {
    expect(
      apart(
        [
          [10, 50],
          [12, 52],
          [90, 50],
        ],
        30,
        14,
      ),
    ).toEqual([
      [10, 50],
      [12, 24],
      [90, 50],
    ]);
  });

  it('says how far off the most probable way ends', () => {
    expect(offAtEnd(kTrack)).toBeCloseTo(3);
    expect(offAtEnd({ ...kTrack, future: [] })).toBeUndefined();
  });
});
