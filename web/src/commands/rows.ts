/** J and K go through the rows of a page's tables and lists; Enter then opens, as on every link. */

const kRows = 'main tbody tr, main [data-row]';
const kInside = 'a[href], button:not(:disabled)';

/** Moves the focus to the first link of the next (1) or previous (-1) row that has one. */
export function moveRow(by: 1 | -1) {
  const rows = [...document.querySelectorAll<HTMLElement>(kRows)].filter(
    (row) => row.querySelector(kInside) !== null,
  );
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by;
  const target = rows[next]?.querySelector<HTMLElement>(kInside);
  target?.focus();
  target?.scrollIntoView({ block: 'nearest' });
}
