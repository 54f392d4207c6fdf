/** A track seen from above: what was seen, where the agent went, where the model said that it would go. */
import { percent } from '../lib/format';
import type { Size } from '../lib/geometry';
import { type Ground, type Point, type Track, apart, gridMetres, groundOf, place, waysOf } from './track';
import styles from './TrackPicture.module.css';

/** From this width on there is room for words. */
const kWordsPx = 260;

function Way({ path, ground, className, width = 2.5, opacity = 1 }: WayProps) {
  const placed = path.map((p) => place(p, ground));
  return (
    <g className={className} opacity={opacity}>
      <polyline points={placed.map(([x, y]) => `${x},${y}`).join(' ')} strokeWidth={width} />
      {placed.map(([x, y], i) => (
        <circle key={i} cx={x} cy={y} r={width * 0.9} />
      ))}
    </g>
  );
}

interface WayProps {
  path: readonly Point[];
  ground: Ground;
  className: string | undefined;
  width?: number;
  opacity?: number;
}

function Grid({ ground, frame, words }: { ground: Ground; frame: Size; words: boolean }) {
  const metres = gridMetres(ground.scale, frame.width);
  const step = metres * ground.scale;
  const lines = (from: number, length: number) => {
    const first = ((from % step) + step) % step;
    return Array.from(
      { length: Math.max(0, Math.ceil((length - first) / step)) },
      (_, i) => first + i * step,
    );
  };
  const y = frame.height - 12;
  return (
    <>
      <g className={styles.grid}>
        {lines(ground.left, frame.width).map((x) => (
          <line key={`x${x}`} x1={x} x2={x} y1={0} y2={frame.height} />
        ))}
        {lines(ground.top, frame.height).map((at) => (
          <line key={`y${at}`} x1={0} x2={frame.width} y1={at} y2={at} />
        ))}
      </g>
      <g className={styles.scale}>
        <path d={`M12 ${y - 4}v4h${step}v-4`} />
        <text x={12 + step + 6} y={y + 1}>
          {metres} m{words ? ' on the ground' : ''}
        </text>
      </g>
    </>
  );
}

function Chances({ modes, ground }: { modes: { probability: number; path: Point[] }[]; ground: Ground }) {
  const ends = modes.map((m) => place(m.path.at(-1) ?? [0, 0], ground));
  return apart(ends, 40, 15).map(([x, y], i) => (
    <text key={i} x={x} y={y - 9} className={styles.chance} textAnchor="middle">
      {percent(modes[i]?.probability ?? 0)}
    </text>
  ));
}

interface TrackPictureProps {
  track: Track;
  frame: Size;
  alt: string;
}

export function TrackPicture({ track, frame, alt }: TrackPictureProps) {
  if (frame.width === 0 || frame.height === 0) return null;
  const words = frame.width >= kWordsPx;
  const margin = words ? 48 : 20;
  const ground = groundOf(track, frame, margin);
  const { seen, future, modes } = waysOf(track);
  const last = seen.at(-1);
  const thin = words ? 2.5 : 1.75;
  return (
    <svg className={styles.track} viewBox={`0 0 ${frame.width} ${frame.height}`} role="img" aria-label={alt}>
      <Grid ground={ground} frame={frame} words={words} />
      {[...modes].reverse().map((mode, i) => (
        <Way
          key={i}
          path={mode.path}
          ground={ground}
          className={styles.mode}
          width={thin}
          opacity={0.35 + 0.65 * Math.min(1, mode.probability)}
        />
      ))}
      {future.length > 0 && <Way path={future} ground={ground} className={styles.future} width={thin} />}
      <Way path={seen} ground={ground} className={styles.seen} width={thin} />
      {last && <Here at={place(last, ground)} />}
      {words && <Chances modes={modes} ground={ground} />}
    </svg>
  );
}

function Here({ at: [x, y] }: { at: Point }) {
  return <circle className={styles.here} cx={x} cy={y} r={5} />;
}
