/** A track on a plane: where metres lie on the screen, and what a grid over them is. Pure. */
import type { Schemas } from '../api/client';
import type { Size } from '../lib/geometry';

export type Track = Schemas['Track'];
export type Point = readonly [number, number];

/** From metres on the ground, y upwards, to pixels of the frame. */
export interface Ground {
  scale: number;
  left: number;
  top: number;
}

/** An agent that stands is not blown up. */
const kSideMetresMin = 4;
const kGridPixelsMin = 36;
const kGridLines = 8;
const kGridMetres = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

const points = (path: readonly number[][]): Point[] => path.map((p) => [p[0] ?? 0, p[1] ?? 0]);

/** What was seen, and every way on, beginning where the agent was seen last. */
export function waysOf(track: Track) {
  const seen = points(track.observed);
  const last = seen.slice(-1);
  const on = (path: readonly number[][]) => (path.length > 0 ? [...last, ...points(path)] : []);
  return {
    seen,
    future: on(track.future),
    modes: track.modes.map((m) => ({ probability: m.probability, path: on(m.path) })),
  };
}

/** Everything of the track in the middle of the frame, as large as it fits. */
export function groundOf(track: Track, frame: Size, margin: number): Ground {
  const { seen, future, modes } = waysOf(track);
  const all = [...seen, ...future, ...modes.flatMap((m) => m.path)];
  const span = (axis: 0 | 1) => {
    const values = all.map((p) => p[axis]);
    const low = Math.min(...values);
    const high = Math.max(...values);
    return { middle: (low + high) / 2, metres: Math.max(kSideMetresMin, high - low) };
  };
  const [x, y] = [span(0), span(1)];
  const scale = Math.max(
    1e-6,
    Math.min((frame.width - 2 * margin) / x.metres, (frame.height - 2 * margin) / y.metres),
  );
  return {
    scale,
    left: frame.width / 2 - x.middle * scale,
    top: frame.height / 2 + y.middle * scale,
  };
}

export function place([x, y]: Point, ground: Ground): Point {
  return [ground.left + x * ground.scale, ground.top - y * ground.scale];
}

/** Metres between lines of the grid, so that they are neither crowded nor few over so many pixels. */
export function gridMetres(scale: number, width: number): number {
  const least = Math.max(kGridPixelsMin, width / kGridLines);
  return kGridMetres.find((m) => m * scale >= least) ?? 1000;
}

/** How far the most probable way on ends from where the agent went, in metres; undefined = not known. */
export function offAtEnd(track: Track): number | undefined {
  const { future, modes } = waysOf(track);
  const went = future.at(-1);
  const said = modes[0]?.path[future.length - 1];
  return went && said ? Math.hypot(went[0] - said[0], went[1] - said[1]) : undefined;
}

/** Where words go that belong above these points: higher up where they would lie on each other. */
export function apart(places: readonly Point[], width: number, height: number): Point[] {
  const taken: Point[] = [];
  for (const [x, y] of places) {
    let free = y;
    while (taken.some((t) => Math.abs(t[0] - x) < width && Math.abs(t[1] - free) < height)) free -= height;
    taken.push([x, free]);
  }
  return taken;
}
