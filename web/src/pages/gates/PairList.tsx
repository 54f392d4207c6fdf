/** Pictures where the two models differ most, side by side. */
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Schemas } from '../../api/client';
import { thumbnailUrl } from '../../api/samples';
import { Legend } from '../../draw/Legend';
import { Picture } from '../../draw/Picture';
import { type Mark, type MarkKind, marksOf } from '../../draw/marks';
import { Section } from '../../ui/Page';
import styles from './PairList.module.css';

type Report = Schemas['GateReport'];
type Pair = Report['fixes'][number];

const kKinds: Record<string, MarkKind> = { tp: 'found', fp: 'alarm' };

function marks(pair: Pair, boxes: Pair['before']): Mark[] {
  const labels = pair.labels.map((l) => ({ ...l, kind: '', score: null, ignore: false }));
  const drawn = marksOf(
    { labels, predictions: [], sensor: [] },
    { labels: true, predictions: false, scoreMin: 0 },
  );
  const guesses = boxes.map((b): Mark => ({
    box: [b.box[0] ?? 0, b.box[1] ?? 0, b.box[2] ?? 0, b.box[3] ?? 0],
    kind: kKinds[b.kind] ?? 'ignored',
    text: b.class,
  }));
  return [...drawn, ...guesses];
}

function Side({ pair, boxes, title }: { pair: Pair; boxes: Pair['before']; title: string }) {
  const drawn = useMemo(() => marks(pair, boxes), [pair, boxes]);
  return (
    <figure className={styles.side}>
      <div style={{ aspectRatio: `${pair.width} / ${pair.height}` }}>
        <Picture
          src={thumbnailUrl({ key: pair.sample, media: pair.media }, 640)}
          size={pair}
          marks={drawn}
          alt={`${pair.sample}, ${title}`}
          width={1.5}
        />
      </div>
      <figcaption>{title}</figcaption>
    </figure>
  );
}

interface PairListProps {
  title: string;
  note: string;
  pairs: Pair[];
  report: Report;
}

export function PairList({ title, note, pairs, report }: PairListProps) {
  if (pairs.length === 0) return null;
  return (
    <Section title={title} note={<Legend kinds={['label', 'found', 'alarm']} />}>
      <p className={styles.note}>{note}</p>
      <ul className={styles.list}>
        {pairs.map((pair) => (
          <li key={pair.sample}>
            <div className={styles.pair}>
              <Side pair={pair} boxes={pair.before} title={`${report.champion?.name ?? 'Before'}, before`} />
              <Side pair={pair} boxes={pair.after} title={`${report.challenger.name}, after`} />
            </div>
            <p>
              <Link
                to="/samples/$sample"
                params={{ sample: pair.sample }}
                search={{ model: report.challenger.id }}
              >
                {pair.sample}
              </Link>
              <span>{pair.note}</span>
            </p>
          </li>
        ))}
      </ul>
    </Section>
  );
}
