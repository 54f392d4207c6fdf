/** One sample of the grid: thumbnail, marks, and its name. */
import { Link } from '@tanstack/react-router';
import clsx from 'clsx';
import { memo, useMemo } from 'react';
import { type Looking, type Sample, thumbnailUrl } from '../api/samples';
import { Picture } from '../draw/Picture';
import { type Shown, marksOf, tally } from '../draw/marks';
import { offAtEnd } from '../draw/track';
import { useTask } from '../draw/task';
import styles from './SampleGrid.module.css';

interface SampleTileProps {
  at: number;
  sample: Sample | undefined;
  looking: Looking;
  shown: Shown;
  side: number;
  chosen: boolean;
}

/** How far off the most probable way ends; more than this is a mistake (2 m, as the miss rate counts). */
const kOffMetresMax = 2;

function Off({ sample }: { sample: Sample }) {
  const off = sample.track ? offAtEnd(sample.track) : undefined;
  if (off === undefined) return null;
  return (
    <span className={styles.mistakes}>
      <b className={clsx(off > kOffMetresMax && styles.alarms)}>{off.toFixed(1)} m off</b>
    </span>
  );
}

function Mistakes({ missed, alarms }: { missed: number; alarms: number }) {
  if (missed + alarms === 0) return null;
  return (
    <span className={styles.mistakes}>
      {missed > 0 && <b className={styles.missed}>{missed} overlooked</b>}
      {alarms > 0 && <b className={styles.alarms}>{alarms} false</b>}
    </span>
  );
}

function Tile({ at, sample, looking, shown, side, chosen }: SampleTileProps) {
  const task = useTask();
  const marks = useMemo(() => (sample ? marksOf(sample, shown) : []), [sample, shown]);
  if (!sample) return <div className={styles.tile} aria-busy="true" />;
  const counts = tally(marks);
  const mistakes = task === 'detection' ? (counts.missed ?? 0) : 0;
  return (
    <Link
      to="/samples/$sample"
      params={{ sample: sample.key }}
      search={{ ...looking, at }}
      preload={false}
      className={clsx(styles.tile, chosen && styles.chosen)}
      data-at={at}
    >
      <span className={styles.picture}>
        <Picture
          src={thumbnailUrl(sample, side)}
          size={sample}
          marks={marks}
          alt={sample.key}
          width={1.5}
          track={sample.track}
        />
      </span>
      <span className={styles.caption}>
        <span className={styles.name}>{sample.key}</span>
        {task === 'trajectory' ? (
          <Off sample={sample} />
        ) : (
          <Mistakes missed={mistakes} alarms={counts.alarm ?? 0} />
        )}
      </span>
    </Link>
  );
}

export const SampleTile = memo(Tile);
