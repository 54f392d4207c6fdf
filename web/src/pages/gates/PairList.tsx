/** Pictures where the two models differ most, side by side; only what changed stands out. */
import { Link } from '@tanstack/react-router';
import { type ReactNode, useMemo } from 'react';
import type { Schemas } from '../../api/client';
import { thumbnailUrl } from '../../api/samples';
import { Legend } from '../../draw/Legend';
import { Picture } from '../../draw/Picture';
import type { Mark } from '../../draw/marks';
import type { Box } from '../../lib/geometry';
import { Section } from '../../ui/Page';
import styles from './PairList.module.css';
import { type Side, partOf, sidesOf } from './pairs';

type Report = Schemas['GateReport'];
type Pair = Report['fixes'][number];

function marksOf(side: Side): Mark[] {
  return [...side.same.map((mark) => ({ ...mark, quiet: true })), ...side.changed];
}

interface HalfProps {
  pair: Pair;
  side: Side;
  part: Box | undefined;
  title: string;
}

function Half({ pair, side, part, title }: HalfProps) {
  const marks = useMemo(() => marksOf(side), [side]);
  return (
    <figure className={styles.side}>
      <div style={{ aspectRatio: `${pair.width} / ${pair.height}` }}>
        <Picture
          src={thumbnailUrl({ key: pair.sample, media: pair.media }, 1280)}
          size={pair}
          marks={marks}
          part={part}
          alt={`${pair.sample}, ${title}`}
          width={2}
        />
      </div>
      <figcaption>{title}</figcaption>
    </figure>
  );
}

function PairCard({ pair, report, whole }: { pair: Pair; report: Report; whole: boolean }) {
  const { before, after, part } = useMemo(() => ({ ...sidesOf(pair), part: partOf(pair) }), [pair]);
  const shown = whole ? undefined : part;
  return (
    <li data-row>
      <div className={styles.pair}>
        <Half
          pair={pair}
          side={before}
          part={shown}
          title={`Before: ${report.champion?.name ?? 'nothing'}`}
        />
        <Half pair={pair} side={after} part={shown} title={`After: ${report.challenger.name}`} />
      </div>
      <p>
        <Link to="/samples/$sample" params={{ sample: pair.sample }} search={{ model: report.challenger.id }}>
          {pair.sample}
        </Link>
        <span>{pair.note}</span>
      </p>
    </li>
  );
}

interface PairListProps {
  title: string;
  note: string;
  pairs: Pair[];
  report: Report;
  whole: boolean;
  zoom: ReactNode;
}

export function PairList({ title, note, pairs, report, whole, zoom }: PairListProps) {
  if (pairs.length === 0) return null;
  return (
    <Section title={title} note={zoom}>
      <div className={styles.note}>
        <p>{note} Thin lines are the same before and after.</p>
        <Legend kinds={['found', 'missed', 'alarm']} />
      </div>
      <ul className={styles.list}>
        {pairs.map((pair) => (
          <PairCard key={pair.sample} pair={pair} report={report} whole={whole} />
        ))}
      </ul>
    </Section>
  );
}
