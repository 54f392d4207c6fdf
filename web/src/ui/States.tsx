/** What a page shows when there is nothing yet, when it waits, and when something went wrong. */
import { CircleAlert, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { ApiError } from '../api/client';
import { sentence } from '../lib/format';
import { Button } from './Button';
import styles from './States.module.css';

interface EmptyProps {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  command?: string;
  action?: ReactNode;
}

export function Empty({ icon: Icon, title, children, command, action }: EmptyProps) {
  return (
    <div className={styles.empty}>
      <Icon className={styles.icon} strokeWidth={1.5} aria-hidden="true" />
      <h2>{title}</h2>
      {children !== undefined && <p>{children}</p>}
      {action !== undefined && <div className={styles.action}>{action}</div>}
      {command !== undefined && <code className={styles.command}>{command}</code>}
    </div>
  );
}

/** What it means for a person, and what to do about it. */
function advice(error: Error): { title: string; todo: string } {
  const status = error instanceof ApiError ? error.status : -1;
  if (status === 0) {
    return {
      title: 'The server does not answer',
      todo: 'If it was stopped, start it again with “spotter serve”. The page goes on as soon as it is there.',
    };
  }
  if (status === 404) {
    return { title: 'This is not there', todo: 'The address may be old, or the thing was removed since.' };
  }
  if (status >= 500) {
    return {
      title: 'The server could not do this',
      todo: 'Try again in a moment. If it stays so, the lines that “spotter serve” printed say why.',
    };
  }
  if (status >= 400) {
    return { title: 'This cannot be asked for', todo: 'Go back, or change what the address asks for.' };
  }
  return { title: 'This could not be shown', todo: 'Load the page again. If it stays so, please report it.' };
}

function told(message: string): string {
  const text = sentence(message.trim());
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

export function Failure({ error, retry }: { error: Error; retry?: () => void }) {
  const { title, todo } = advice(error);
  return (
    <div className={styles.failure} role="alert">
      <CircleAlert aria-hidden="true" />
      <div>
        <h2>{title}</h2>
        <p>
          {told(error.message)} <span>{todo}</span>
        </p>
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
