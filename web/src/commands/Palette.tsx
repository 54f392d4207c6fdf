/** The command palette: every place, every shortcut of the page, every model, cycle and failure mode by name. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import clsx from 'clsx';
import { Search } from 'lucide-react';
import { type KeyboardEvent, useMemo, useState } from 'react';
import { cyclesQuery, modelsQuery, modesQuery } from '../api/queries';
import { sentence } from '../lib/format';
import { Keys } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import styles from './Palette.module.css';
import { type Action, ranked } from './ranked';
import { kPlaces } from './places';
import { printedKeys, useAllShortcuts } from './shortcuts';
import { toggleTheme } from './theme';

const kShownMax = 12;

function useActions(): Action[] {
  const navigate = useNavigate();
  const shortcuts = useAllShortcuts();
  const models = useQuery(modelsQuery).data?.models;
  const cycles = useQuery(cyclesQuery).data?.cycles;
  const modes = useQuery(modesQuery).data?.modes;
  return useMemo(() => {
    const go = (to: string) => () => void navigate({ to });
    return [
      ...shortcuts
        .filter((s) => s.group !== 'Go to')
        .map((s) => ({ id: s.keys, title: s.title, group: 'Here', keys: s.keys, run: s.run })),
      ...kPlaces.map((p) => ({ id: p.path, title: p.title, group: 'Go to', keys: p.keys, run: go(p.path) })),
      { id: 'theme', title: 'Switch between light and dark', group: 'Do', keys: '', run: toggleTheme },
      ...(models ?? []).map((m) => ({
        id: m.id,
        title: m.name,
        group: 'Model',
        keys: '',
        run: go(`/models/${m.id}`),
      })),
      ...(modes ?? []).map((m) => ({
        id: m.id,
        title: sentence(m.title),
        group: 'Failure mode',
        keys: '',
        run: go(`/modes/${m.id}`),
      })),
      ...(cycles ?? []).map((c) => ({
        id: c.id,
        title: `Cycle ${c.number}`,
        group: 'Cycle',
        keys: '',
        run: go(`/cycles/${c.id}`),
      })),
    ];
  }, [shortcuts, models, cycles, modes, navigate]);
}

function PaletteList({ onClose }: { onClose: () => void }) {
  const actions = useActions();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const shown = ranked(actions, text).slice(0, kShownMax);
  const chosen = Math.min(at, shown.length - 1);
  const run = (action: Action | undefined) => {
    if (!action) return;
    onClose();
    action.run();
  };
  const pressed = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setAt((chosen + step + shown.length) % Math.max(1, shown.length));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      run(shown[chosen]);
    }
  };
  return (
    <div onKeyDown={pressed}>
      <div className={styles.field}>
        <Search aria-hidden="true" />
        <input
          autoFocus
          value={text}
          placeholder="Go somewhere or do something"
          aria-label="Search commands"
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
        />
      </div>
      <ul className={styles.list} role="listbox" aria-label="Commands">
        {shown.map((action, i) => (
          <li
            key={`${action.group}/${action.id}`}
            role="option"
            aria-selected={i === chosen}
            className={clsx(styles.item, i === chosen && styles.chosen)}
            onMouseMove={() => setAt(i)}
            onClick={() => run(action)}
          >
            <span className={styles.group}>{action.group}</span>
            <span className={styles.title}>{action.title}</span>
            {action.keys !== '' && <Keys keys={printedKeys(action.keys)} />}
          </li>
        ))}
        {shown.length === 0 && <li className={styles.none}>Nothing is called that.</li>}
      </ul>
    </div>
  );
}

export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Commands" hideTitle>
      <PaletteList onClose={onClose} />
    </Dialog>
  );
}
