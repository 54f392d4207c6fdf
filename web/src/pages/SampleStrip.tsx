/** A few pictures with their marks, each with a line below; for campaigns, batches and monitors. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { cardsQuery } from '../api/cards';
import { thumbnailUrl } from '../api/samples';
import { Picture } from '../draw/Picture';
import { marksOf } from '../draw/marks';
import styles from './SampleStrip.module.css';

interface StripItem {
  key: string;
  note?: ReactNode;
}

const kShown = { labels: true, predictions: true, scoreMin: 0.3 };

export function SampleStrip({ items }: { items: StripItem[] }) {
  const cards = useQuery(cardsQuery(items.map((i) => i.key))).data;
  return (
    <ul className={styles.strip}>
      {items.map(({ key, note }) => {
        const sample = cards?.get(key);
        return (
          <li key={key}>
            <Link to="/samples/$sample" params={{ sample: key }} className={styles.link}>
              <span className={styles.picture}>
                {sample && (
                  <Picture
                    src={thumbnailUrl(sample, 320)}
                    size={sample}
                    marks={marksOf(sample, kShown)}
                    alt={key}
                    width={1.5}
                  />
                )}
              </span>
              <span className={styles.key}>{key}</span>
              {note !== undefined && <span className={styles.note}>{note}</span>}
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
