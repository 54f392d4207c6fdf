/**
 * Shortcuts as values: keys, title, what they do. The page on top registers its own; help and palette
 * read the same list. Keys are one character, or "g" and a character, or names such as "ArrowLeft".
 */
import { useEffect, useRef, useSyncExternalStore } from 'react';

export interface Shortcut {
  keys: string;
  title: string;
  run: () => void;
  group?: string;
}

let layers: Shortcut[][] = [];
let snapshot: Shortcut[] = [];
const listeners = new Set<() => void>();

function changed() {
  snapshot = layers.flat();
  listeners.forEach((listener) => {
    listener();
  });
}

/** Shortcuts of a component, as long as it is shown. */
export function useShortcuts(shortcuts: Shortcut[]) {
  const current = useRef(shortcuts);
  useEffect(() => {
    current.current = shortcuts;
  });
  const signature = shortcuts.map((s) => `${s.keys} ${s.title}`).join('\n');
  useEffect(() => {
    const layer = current.current.map((s, i) => ({ ...s, run: () => current.current[i]?.run() }));
    layers = [...layers, layer];
    changed();
    return () => {
      layers = layers.filter((l) => l !== layer);
      changed();
    };
  }, [signature]);
}

export function useAllShortcuts(): Shortcut[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => snapshot,
  );
}

/** Whether keys go into a field that a person writes in. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}

const kChordMs = 900;

/** Finds the shortcut of a key press; remembers the first key of two. */
export class KeyReader {
  private first = '';
  private firstAt = 0;

  /** The shortcut that this key completes, or null. Later layers win. */
  read(key: string, shortcuts: readonly Shortcut[], now: number): Shortcut | null {
    const chord = this.first !== '' && now - this.firstAt < kChordMs ? `${this.first} ${key}` : key;
    const found = shortcuts.findLast((s) => s.keys === chord) ?? shortcuts.findLast((s) => s.keys === key);
    const starts = chord === key && shortcuts.some((s) => s.keys.startsWith(`${key} `));
    this.first = starts && !found ? key : '';
    this.firstAt = now;
    return found ?? null;
  }
}

export function useKeyboard() {
  useEffect(() => {
    const reader = new KeyReader();
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target) || document.querySelector('[role="dialog"], [role="listbox"]')) return;
      const shortcut = reader.read(event.key, snapshot, event.timeStamp);
      if (shortcut) {
        event.preventDefault();
        shortcut.run();
      }
    };
    window.addEventListener('keydown', pressed);
    return () => {
      window.removeEventListener('keydown', pressed);
    };
  }, []);
}

const kNames: Record<string, string> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
  Enter: '↵',
  ' ': 'Space',
};

/** The keys as they are printed. */
export function printedKeys(keys: string): string {
  return keys === ' '
    ? 'Space'
    : keys
        .split(' ')
        .map((key) => kNames[key] ?? (key.length === 1 ? key.toUpperCase() : key))
        .join(' ');
}
