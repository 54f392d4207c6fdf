/** A few words more, on hover and focus. */
import { Tooltip } from 'radix-ui';
import type { ReactNode } from 'react';
import styles from './Tip.module.css';

export function Tip({ text, children }: { text: ReactNode; children: ReactNode }) {
  return (
    <Tooltip.Root delayDuration={250}>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className={styles.tip} sideOffset={6} collisionPadding={12}>
          {text}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}

/** A word that explains itself when pointed at. */
export function Term({ text, children }: { text: string; children: ReactNode }) {
  return (
    <Tip text={text}>
      <span className={styles.term} tabIndex={0}>
        {children}
      </span>
    </Tip>
  );
}

export const TipProvider = Tooltip.Provider;
