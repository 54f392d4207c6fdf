/** A word with a colour: states and verdicts. */
import clsx from 'clsx';
import type { ReactNode } from 'react';
import { type Tone, stateWords } from '../lib/words';
import styles from './Badge.module.css';

export function Badge({
  tone = 'neutral',
  dot = false,
  children,
}: {
  tone?: Tone;
  dot?: boolean;
  children: ReactNode;
}) {
  return (
    <span className={clsx(styles.badge, styles[tone])}>
      {dot && <i className={styles.dot} aria-hidden="true" />}
      {children}
    </span>
  );
}

export function StateBadge({ state }: { state: string }) {
  const words = stateWords(state);
  return (
    <Badge tone={words.tone} dot={state === 'running'}>
      {words.text}
    </Badge>
  );
}
