/** What the colours mean, and how many marks there are of each. */
import { taskWords, useTask } from './task';
import { kDashed, markColour } from './drawMarks';
import { type MarkKind, kMarkWords } from './marks';
import styles from './Legend.module.css';

/** What the colours of a track mean. */
export function TrackLegend() {
  const ways = [
    { colour: 'var(--text-soft)', text: 'Seen' },
    { colour: 'var(--found)', text: 'Where it went' },
    { colour: 'var(--accent)', text: 'Foreseen, with its chance' },
  ];
  return (
    <ul className={styles.legend} aria-label="Legend">
      {ways.map(({ colour, text }) => (
        <li key={text}>
          <i className={styles.way} style={{ background: colour }} aria-hidden="true" />
          {text}
        </li>
      ))}
    </ul>
  );
}

interface LegendProps {
  kinds: readonly MarkKind[];
  counts?: Partial<Record<MarkKind, number>>;
}

export function Legend({ kinds, counts }: LegendProps) {
  const task = useTask();
  if (task === 'trajectory') return <TrackLegend />;
  const words = { ...kMarkWords, ...taskWords(task).marks };
  return (
    <ul className={styles.legend} aria-label="Legend">
      {kinds.map((kind) => (
        <li key={kind}>
          <i
            style={{
              borderColor: markColour(kind),
              borderStyle: kDashed.includes(kind) ? 'dashed' : 'solid',
            }}
            aria-hidden="true"
          />
          {words[kind]}
          {counts && task === 'detection' && <b>{counts[kind] ?? 0}</b>}
        </li>
      ))}
    </ul>
  );
}
