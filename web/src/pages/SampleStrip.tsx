/** A few pictures with their marks, each with a line below; for campaigns, batches and monitors. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useCards } from '../api/cards';
import { thumbnailUrl } from '../api/samples';
import { Picture } from '../draw/Picture';
import { marksOf } from '../draw/marks';
import { tileShape } from '../lib/geometry';
import { Failure } from '../ui/States';
import styles from './SampleStrip.module.css';

export interface StripItem {
  key: string;
  note?: ReactNode;
  /** All of the note, where it shows a part only. */
  title?: string;
}

const kShown = { labels: true, predictions: true, scoreMin: 0.3 };

export function SampleStrip({ items }: { items: StripItem[] }) {
  const cards = useCards(items.map((i) => i.key));
  if (cards.error) return <Failure error={cards.error} retry={cards.retry} />;
  return (
    <ul className={styles.strip}>
      {items.map(({ key, note, title }) => {
        const sample = cards.get(key);
        return (
          <li key={key} data-row>
            <Link to="/samples/$sample" params={{ sample: key }} className={styles.link}>
              <span className={styles.picture} style={{ aspectRatio: tileShape(sample) }}>
                {sample && (
                  <Picture
                    src={thumbnailUrl(sample, 320)}
                    size={sample}
                    marks={marksOf(sample, kShown)}
                    alt={key}
                    track={sample.track}
                    width={1.5}
                  />
                )}
              </span>
              <span className={styles.key}>{key}</span>
              {note !== undefined && (
                <span className={styles.note} title={title}>
                  {note}
                </span>
              )}
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
