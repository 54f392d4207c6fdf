/** Short messages that come and go; errors stay a little longer. */
import clsx from 'clsx';
import { CircleAlert, CircleCheck } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import styles from './Toast.module.css';

interface Message {
  id: number;
  text: string;
  bad: boolean;
}

let messages: Message[] = [];
let count = 0;
const listeners = new Set<() => void>();

function set(next: Message[]) {
  messages = next;
  listeners.forEach((listener) => {
    listener();
  });
}

export function toast(text: string, options: { bad?: boolean } = {}) {
  const message = { id: ++count, text, bad: options.bad ?? false };
  set([...messages.slice(-2), message]);
  setTimeout(
    () => {
      set(messages.filter((m) => m.id !== message.id));
    },
    message.bad ? 9000 : 4000,
  );
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => messages,
  );
  return (
    <div className={styles.stack} role="status" aria-live="polite">
      {shown.map((m) => (
        <div key={m.id} className={clsx(styles.toast, m.bad && styles.bad)}>
          {m.bad ? <CircleAlert aria-hidden="true" /> : <CircleCheck aria-hidden="true" />}
          {m.text}
        </div>
      ))}
    </div>
  );
}
