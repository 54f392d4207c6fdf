/** A value with how sure it is, on a line: a band from low to high, a dot where it is, a tick at zero, a shade where a loss is allowed. */
import clsx from 'clsx';
import styles from './Interval.module.css';

interface IntervalProps {
  value: number;
  low: number;
  high: number;
  from: number;
  to: number;
  zero?: number;
  allowed?: readonly [number, number];
  label: string;
}

function place(value: number, from: number, to: number): string {
  const share = (value - from) / (to - from);
  return `${Math.min(100, Math.max(0, share * 100))}%`;
}

export function Interval({ value, low, high, from, to, zero, allowed, label }: IntervalProps) {
  const tone = zero === undefined ? '' : low > zero ? styles.up : high < zero ? styles.down : '';
  const left = place(low, from, to);
  const right = `calc(100% - ${place(high, from, to)})`;
  return (
    <span className={clsx(styles.interval, tone)} role="img" aria-label={label} title={label}>
      {allowed !== undefined && (
        <i
          className={styles.allowed}
          style={{ left: place(allowed[0], from, to), right: `calc(100% - ${place(allowed[1], from, to)})` }}
        />
      )}
      {zero !== undefined && <i className={styles.zero} style={{ left: place(zero, from, to) }} />}
      <i className={styles.band} style={{ left, right }} />
      <i className={styles.dot} style={{ left: place(value, from, to) }} />
    </span>
  );
}
