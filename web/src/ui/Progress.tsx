/** How far something is. */
import styles from './Progress.module.css';

export function Progress({ fraction, label }: { fraction: number; label: string }) {
  const width = `${Math.round(Math.min(1, Math.max(0, fraction)) * 100)}%`;
  return (
    <div
      className={styles.bar}
      role="progressbar"
      aria-label={label}
      aria-valuenow={Math.round(fraction * 100)}
    >
      <i style={{ width }} />
    </div>
  );
}
