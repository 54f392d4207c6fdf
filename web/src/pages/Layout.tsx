/** The frame around every page: navigation, palette, help, messages. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { CircleHelp, Command, Moon, SunMedium, WifiOff } from 'lucide-react';
import { useEffect, useState } from 'react';
import { followEvents, useConnection } from '../api/events';
import { attentionQuery, projectQuery } from '../api/queries';
import { Help } from '../commands/Help';
import { Palette } from '../commands/Palette';
import { kPlaces } from '../commands/places';
import { moveRow } from '../commands/rows';
import { useKeyboard, useShortcuts } from '../commands/shortcuts';
import { toggleTheme, useTheme } from '../commands/theme';
import { Tip, TipProvider } from '../ui/Tip';
import { Toasts } from '../ui/Toast';
import styles from './Layout.module.css';

type Window = 'palette' | 'help' | null;

function Navigation() {
  const attention = useQuery(attentionQuery).data;
  const urgent = attention?.items.filter((i) => i.urgency >= 2).length ?? 0;
  const groups = [...new Set(kPlaces.map((p) => p.group))];
  return (
    <nav className={styles.nav} aria-label="Main">
      {groups.map((group) => (
        <div key={group} className={styles.group}>
          {group !== '' && <span className={styles.groupName}>{group}</span>}
          {kPlaces
            .filter((p) => p.group === group)
            .map((p) => (
              <Link
                key={p.path}
                to={p.path}
                className={styles.link}
                activeProps={{ className: styles.active }}
                activeOptions={{ exact: p.path === '/', includeSearch: false }}
              >
                <p.icon strokeWidth={1.75} aria-hidden="true" />
                {p.title}
                {p.path === '/' && urgent > 0 && <span className={styles.count}>{urgent}</span>}
              </Link>
            ))}
        </div>
      ))}
    </nav>
  );
}

function Brand() {
  const project = useQuery(projectQuery).data;
  return (
    <Link to="/" className={styles.brand}>
      <img src="/icon.svg" alt="" width={26} height={26} />
      <span>
        <strong>Spotter</strong>
        <em>{project?.name ?? '\u00a0'}</em>
      </span>
    </Link>
  );
}

function Foot({ open }: { open: (window: Window) => void }) {
  const theme = useTheme();
  const Icon = theme === 'dark' ? SunMedium : Moon;
  return (
    <div className={styles.foot}>
      <Tip text="Commands · Ctrl K">
        <button type="button" aria-label="Commands" onClick={() => open('palette')}>
          <Command aria-hidden="true" />
        </button>
      </Tip>
      <Tip text="Keyboard · ?">
        <button type="button" aria-label="Keyboard shortcuts" onClick={() => open('help')}>
          <CircleHelp aria-hidden="true" />
        </button>
      </Tip>
      <Tip text={theme === 'dark' ? 'Light' : 'Dark'}>
        <button type="button" aria-label="Switch between light and dark" onClick={toggleTheme}>
          <Icon aria-hidden="true" />
        </button>
      </Tip>
    </div>
  );
}

function useGlobalShortcuts(open: (window: Window) => void) {
  const navigate = useNavigate();
  useShortcuts([
    ...kPlaces.map((p) => ({
      keys: p.keys,
      title: p.title,
      group: 'Go to',
      run: () => void navigate({ to: p.path }),
    })),
    { keys: 'j', title: 'Next row', group: 'Everywhere', run: () => moveRow(1) },
    { keys: 'k', title: 'Row before', group: 'Everywhere', run: () => moveRow(-1) },
    { keys: '?', title: 'Show the keyboard shortcuts', group: 'Everywhere', run: () => open('help') },
  ]);
  useKeyboard();
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        open('palette');
      }
    };
    window.addEventListener('keydown', pressed);
    return () => {
      window.removeEventListener('keydown', pressed);
    };
  }, [open]);
}

export function Layout() {
  const [window_, setWindow] = useState<Window>(null);
  const queries = useQueryClient();
  const connection = useConnection();
  useEffect(() => followEvents(queries), [queries]);
  useGlobalShortcuts(setWindow);
  const close = () => setWindow(null);
  return (
    <TipProvider>
      <a href="#content" className={styles.skip}>
        Skip to the content
      </a>
      <div className={styles.layout}>
        <aside className={styles.side}>
          <Brand />
          <Navigation />
          {connection === 'lost' && (
            <p className={styles.lost} role="status">
              <WifiOff aria-hidden="true" /> No connection. Trying again…
            </p>
          )}
          <Foot open={setWindow} />
        </aside>
        <div id="content" className={styles.content} tabIndex={-1}>
          <Outlet />
        </div>
      </div>
      <Palette open={window_ === 'palette'} onClose={close} />
      <Help open={window_ === 'help'} onClose={close} />
      <Toasts />
    </TipProvider>
  );
}
