/** What a page shows when there is nothing yet, when it waits, and when something went wrong. */
import { CircleAlert, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from './Button';
import styles from './States.module.css';

interface EmptyProps {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  command?: string;
}

export function Empty({ icon: Icon, title, children, command }: EmptyProps) {
  return (
    <div className={styles.empty}>
      <Icon className={styles.icon} strokeWidth={1.5} aria-hidden="true" />
      <h2>{title}</h2>
      {children !== undefined && <p>{children}</p>}
      {command !== undefined && <code className={styles.command}>{command}</code>}
    </div>
  );
}

export function Failure({ error, retry }: { error: Error; retry?: () => void }) {
  return (
    <div className={styles.failure} role="alert">
      <CircleAlert aria-hidden="true" />
      <div>
        <h2>This could not be shown</h2>
        <p>{error.message}</p>
        {retry !== undefined && <Button onClick={retry}>Try again</Button>}
      </div>
    </div>
  );
}

export function Skeleton({ lines = 4, tall = false }: { lines?: number; tall?: boolean }) {
  return (
    <div className={styles.skeleton} aria-busy="true" aria-label="Loading">
      {Array.from({ length: lines }, (_, i) => (
        <i key={i} className={tall ? styles.tall : undefined} />
      ))}
    </div>
  );
}

interface Query<T> {
  data: T | undefined;
  error: Error | null;
  refetch: () => unknown;
}

/** Data of a query once it is there; the skeleton before, the failure instead. */
export function Loaded<T>({
  query,
  lines,
  children,
}: {
  query: Query<T>;
  lines?: number;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return <Skeleton lines={lines} />;
}
