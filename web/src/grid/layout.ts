/** Arithmetic of the grid. Pure. */

/** As many columns as fit at about the wanted width; at least one. */
export function columnsOf(width: number, wanted: number, gap: number): number {
  return Math.max(1, Math.floor((width + gap) / (wanted + gap)));
}

/** Numbers of the pages that hold the positions first..end-1 of a list. */
export function pagesOf(first: number, end: number, total: number, pageSize: number): number[] {
  const last = Math.min(end, total) - 1;
  const pages: number[] = [];
  for (let page = Math.floor(Math.max(0, first) / pageSize); page * pageSize <= last; ++page)
    pages.push(page);
  return pages;
}

/** The usual shape (width over height) of the pictures, kept within reason. */
export function tileAspect(samples: readonly { width: number; height: number }[]): number {
  const shapes = samples
    .filter((s) => s.width > 0 && s.height > 0)
    .map((s) => s.width / s.height)
    .sort((a, b) => a - b);
  const middle = shapes[Math.floor(shapes.length / 2)] ?? 4 / 3;
  return Math.min(2.4, Math.max(0.75, middle));
}
