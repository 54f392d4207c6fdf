/** What the colours mean, and how many marks there are of each. */
import { kDashed, markColour } from './drawMarks';
import { type MarkKind, kMarkWords } from './marks';
import styles from './Legend.module.css';

interface LegendProps {
  kinds: readonly MarkKind[];
  counts?: Partial<Record<MarkKind, number>>;
}

export function Legend({ kinds, counts }: LegendProps) {
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
          {kMarkWords[kind]}
          {counts && <b>{counts[kind] ?? 0}</b>}
        </li>
      ))}
    </ul>
  );
}
