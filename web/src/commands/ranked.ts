/** Actions of the palette and which of them a text means. Pure. */

export interface Action {
  id: string;
  title: string;
  group: string;
  keys: string;
  run: () => void;
}

/** 0 = starts with the text, 1 = a word starts with it, 2 = contains it, 3 = its letters in order; -1 = none. */
export function rank(title: string, text: string): number {
  const name = title.toLowerCase();
  const wanted = text.trim().toLowerCase();
  if (wanted === '' || name.startsWith(wanted)) return 0;
  if (name.split(/\s+/).some((word) => word.startsWith(wanted))) return 1;
  if (name.includes(wanted)) return 2;
  let at = 0;
  for (const letter of wanted.replaceAll(' ', '')) {
    at = name.indexOf(letter, at) + 1;
    if (at === 0) return -1;
  }
  return 3;
}

export function ranked(actions: readonly Action[], text: string): Action[] {
  return actions
    .map((action, i) => ({ action, i, rank: rank(action.title, text) }))
    .filter((row) => row.rank >= 0)
    .sort((a, b) => a.rank - b.rank || a.i - b.i)
    .map((row) => row.action);
}
