/** Every shortcut that works now. */
import { Fragment } from 'react';
import { Keys } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import styles from './Help.module.css';
import { printedKeys, useAllShortcuts } from './shortcuts';

export function Help({ open, onClose }: { open: boolean; onClose: () => void }) {
  const shortcuts = useAllShortcuts();
  const groups = [...new Set(shortcuts.map((s) => s.group ?? 'On this page'))].sort((a, b) =>
    a === 'On this page' ? -1 : b === 'On this page' ? 1 : a.localeCompare(b),
  );
  return (
    <Dialog open={open} onClose={onClose} title="Keyboard" wide>
      <div className={styles.groups}>
        {groups.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {shortcuts
                .filter((s) => (s.group ?? 'On this page') === group)
                .map((s) => (
                  <Fragment key={s.keys}>
                    <dt>{s.title}</dt>
                    <dd>
                      <Keys keys={printedKeys(s.keys)} />
                    </dd>
                  </Fragment>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
