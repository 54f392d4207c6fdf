/** Things that wait for a person, most urgent first; each leads to where it is done. */
import { Link } from '@tanstack/react-router';
import clsx from 'clsx';
import {
  Activity,
  ChevronRight,
  CircleCheck,
  Hammer,
  type LucideIcon,
  RefreshCw,
  Scale,
  Tags,
  TriangleAlert,
} from 'lucide-react';
import type { Schemas } from '../../api/client';
import { ago } from '../../lib/format';
import styles from './AttentionList.module.css';

type Item = Schemas['AttentionItem'];

const kKinds: Record<Item['kind'], { icon: LucideIcon; to: (object: string) => string }> = {
  approval: { icon: Scale, to: (id) => `/gates/${id}` },
  cycle: { icon: RefreshCw, to: (id) => `/cycles/${id}` },
  batch: { icon: Tags, to: (id) => `/batches/${id}` },
  alarm: { icon: Activity, to: () => '/monitor' },
  job: { icon: Hammer, to: (id) => `/jobs/${encodeURIComponent(id)}` },
  mode: { icon: TriangleAlert, to: (id) => `/modes/${id}` },
};

export function AttentionList({ items }: { items: Item[] }) {
  if (items.length === 0) {
    return (
      <div className={styles.calm}>
        <CircleCheck strokeWidth={1.75} aria-hidden="true" />
        <span>
          <strong>Nothing needs you.</strong> The loop goes on by itself.
        </span>
      </div>
    );
  }
  return (
    <ul className={styles.list}>
      {items.map((item) => {
        const kind = kKinds[item.kind];
        return (
          <li key={`${item.kind}/${item.object}`}>
            <Link
              to={kind.to(item.object)}
              className={clsx(styles.item, item.urgency === 3 && styles.urgent)}
            >
              <kind.icon strokeWidth={1.75} aria-hidden="true" className={styles.icon} />
              <span className={styles.words}>
                <strong>{item.title}</strong>
                <span>{item.detail}</span>
              </span>
              <time>{ago(item.since)}</time>
              <ChevronRight aria-hidden="true" className={styles.arrow} />
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
