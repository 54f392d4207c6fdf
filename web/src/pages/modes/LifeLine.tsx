/** How often each model fails on this failure mode, oldest to newest, with how sure that is. */
import { Link } from '@tanstack/react-router';
import clsx from 'clsx';
import type { Schemas } from '../../api/client';
import { percent } from '../../lib/format';
import { stateWords } from '../../lib/words';
import { Empty } from '../../ui/States';
import { Activity } from 'lucide-react';
import styles from './LifeLine.module.css';
import { type Point, pointsOf } from './life';

type Mode = Schemas['FailureModeDetail'];

const kWidth = 640;
const kHeight = 150;
const kSide = 44;
const kTop = 12;
const kBottom = 22;

const toX = (x: number) => kSide + x * (kWidth - 2 * kSide);
const toY = (y: number) => kTop + (1 - y) * (kHeight - kTop - kBottom);

function Dot({ point }: { point: Point }) {
  const x = toX(point.x);
  return (
    <g className={clsx(point.event !== '' && styles[point.event])}>
      <title>{point.words}</title>
      <line className={styles.range} x1={x} x2={x} y1={toY(point.low)} y2={toY(point.high)} />
      <circle cx={x} cy={toY(point.y)} r={point.event === '' ? 4 : 6} />
    </g>
  );
}

function Chart({ points }: { points: Point[] }) {
  const path = points.map((p, i) => `${i === 0 ? 'M' : 'L'}${toX(p.x)} ${toY(p.y)}`).join(' ');
  return (
    <svg
      className={styles.chart}
      viewBox={`0 0 ${kWidth} ${kHeight}`}
      role="img"
      aria-label={points.map((p) => p.words).join('; ')}
    >
      {[0, 0.5, 1].map((y) => (
        <g key={y} className={styles.grid}>
          <line x1={kSide} x2={kWidth - kSide} y1={toY(y)} y2={toY(y)} />
          <text x={kSide - 8} y={toY(y) + 4} textAnchor="end">
            {percent(y)}
          </text>
        </g>
      ))}
      <path d={path} />
      {points.map((p) => (
        <Dot key={p.model} point={p} />
      ))}
    </svg>
  );
}

export function LifeLine({ mode }: { mode: Mode }) {
  const points = pointsOf(mode.models, mode.history);
  if (points.length === 0) {
    return (
      <Empty icon={Activity} title="No model was measured on it yet" command="spotter evaluate --model NAME">
        Every model that is evaluated is measured on this failure mode too, if the test pictures show it.
      </Empty>
    );
  }
  return (
    <div className={styles.life}>
      <Chart points={points} />
      <ol className={styles.models}>
        {points.map((p) => (
          <li key={p.model}>
            <Link to="/models/$model" params={{ model: p.model }}>
              {p.name}
            </Link>
            <span>{percent(p.y)} fail</span>
            {(p.event === 'fixed' || p.event === 'regressed') && (
              <b className={styles[p.event]}>{stateWords(p.event).text}</b>
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}
