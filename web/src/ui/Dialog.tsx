/** A window over the page. */
import clsx from 'clsx';
import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import styles from './Dialog.module.css';

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  hideTitle?: boolean;
  lead?: string;
  wide?: boolean;
  children: ReactNode;
}

export function Dialog({
  open,
  onClose,
  title,
  hideTitle = false,
  lead,
  wide = false,
  children,
}: DialogProps) {
  return (
    <Radix.Root
      open={open}
      onOpenChange={(next) => {
        if (!next) onClose();
      }}
    >
      <Radix.Portal>
        <Radix.Overlay className={styles.veil} />
        <Radix.Content
          className={clsx(hideTitle ? styles.bare : styles.dialog, wide && styles.wide)}
          aria-describedby={undefined}
        >
          <Radix.Title className={hideTitle ? styles.hidden : styles.title}>{title}</Radix.Title>
          {lead !== undefined && <p className={styles.lead}>{lead}</p>}
          {children}
          {!hideTitle && (
            <Radix.Close className={styles.close} aria-label="Close">
              <X aria-hidden="true" />
            </Radix.Close>
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
