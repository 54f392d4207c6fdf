/** Buttons and what looks like them. */
import clsx from 'clsx';
import type { ButtonHTMLAttributes, ReactNode } from 'react';
import styles from './Button.module.css';

export type ButtonLook = 'plain' | 'primary' | 'danger' | 'bare';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: ButtonLook;
  keys?: string;
  icon?: ReactNode;
}

export function Button({ look = 'plain', keys, icon, children, className, ...rest }: ButtonProps) {
  return (
    <button type="button" className={clsx(styles.button, styles[look], className)} {...rest}>
      {icon}
      {children !== undefined && <span>{children}</span>}
      {keys !== undefined && <Keys keys={keys} />}
    </button>
  );
}

/** For links that are to look like buttons. */
export function buttonClass(look: ButtonLook = 'plain'): string {
  return clsx(styles.button, styles[look]);
}

export function Keys({ keys }: { keys: string }) {
  return (
    <kbd className={styles.keys} aria-hidden="true">
      {keys.split(' ').map((key) => (
        <span key={key}>{key}</span>
      ))}
    </kbd>
  );
}
