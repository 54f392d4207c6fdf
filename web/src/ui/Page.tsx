/** The frame of a page: title, one line of what it is for, actions, content. */
import clsx from 'clsx';
import { type ReactNode, useEffect } from 'react';
import styles from './Page.module.css';

interface PageProps {
  title: string;
  lead?: ReactNode;
  above?: ReactNode;
  actions?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}

export function Page({ title, lead, above, actions, wide = false, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Spotter`;
  }, [title]);
  return (
    <main className={clsx(styles.page, wide && styles.wide)}>
      <header className={styles.head}>
        <div className={styles.words}>
          {above !== undefined && <div className={styles.above}>{above}</div>}
          <h1>{title}</h1>
          {lead !== undefined && <p className={styles.lead}>{lead}</p>}
        </div>
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </main>
  );
}

export function Section({ title, note, children }: { title: string; note?: ReactNode; children: ReactNode }) {
  return (
    <section className={styles.section}>
      <div className={styles.sectionHead}>
        <h2>{title}</h2>
        {note !== undefined && <span className={styles.note}>{note}</span>}
      </div>
      {children}
    </section>
  );
}

export function Card({ children, quiet = false }: { children: ReactNode; quiet?: boolean }) {
  return <div className={clsx(styles.card, quiet && styles.quiet)}>{children}</div>;
}

export function Facts({ items }: { items: { name: string; value: ReactNode }[] }) {
  return (
    <dl className={styles.facts}>
      {items.map((item) => (
        <div key={item.name}>
          <dt>{item.name}</dt>
          <dd>{item.value}</dd>
        </div>
      ))}
    </dl>
  );
}
