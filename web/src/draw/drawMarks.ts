/** Marks on a canvas: a dark rim under each line, so that it stands out on any picture. */
import { type Box, type View, toFrame } from '../lib/geometry';
import type { Mark, MarkKind } from './marks';

export interface Ink {
  width: number;
  texts: boolean;
  chosen?: number;
}

const kTokens: Record<MarkKind, string> = {
  found: '--found',
  missed: '--missed',
  alarm: '--alarm',
  label: '--drawn',
  guess: '--guess',
  prediction: '--guess',
  ignored: '--line-strong',
  sensor: '--accent',
  finding: '--alarm',
  proposal: '--found',
};

export const kDashed: readonly MarkKind[] = ['missed', 'prediction', 'ignored', 'sensor'];

let colours: Partial<Record<MarkKind, string>> = {};
let coloursOf = '';

/** The colour of a kind; tokens are read once for each theme. */
export function markColour(kind: MarkKind): string {
  const theme = document.documentElement.dataset.theme ?? '';
  if (theme !== coloursOf) {
    colours = {};
    coloursOf = theme;
  }
  colours[kind] ??= getComputedStyle(document.documentElement).getPropertyValue(kTokens[kind]).trim();
  return colours[kind] ?? '#fff';
}

function drawText(context: CanvasRenderingContext2D, mark: Mark, x: number, y: number) {
  context.font = '600 11px system-ui, sans-serif';
  const width = context.measureText(mark.text).width + 8;
  const top = y >= 16 ? y - 16 : y;
  context.fillStyle = markColour(mark.kind);
  context.beginPath();
  context.roundRect(x - 1, top, width, 16, 3);
  context.fill();
  context.fillStyle = '#10100f';
  context.fillText(mark.text, x + 3, top + 12);
}

function drawBox(
  context: CanvasRenderingContext2D,
  mark: Mark,
  [x1, y1, x2, y2]: Box,
  ink: Ink,
  strong: boolean,
) {
  const width = mark.quiet
    ? Math.max(1, ink.width / 2)
    : mark.kind === 'proposal'
      ? ink.width + 1.5
      : ink.width;
  context.lineJoin = 'round';
  context.setLineDash([]);
  context.lineWidth = width + 2;
  context.strokeStyle = 'rgb(0 0 0 / 45%)';
  context.strokeRect(x1, y1, x2 - x1, y2 - y1);
  context.setLineDash(kDashed.includes(mark.kind) ? [width * 2.5, width * 2] : []);
  context.lineWidth = strong ? width + 1 : width;
  context.strokeStyle = markColour(mark.kind);
  context.strokeRect(x1, y1, x2 - x1, y2 - y1);
}

const kChip = { height: 18, gap: 3, inset: 6 };

/** The classes of a picture that has one, in its corner: a frame around all of it would say nothing. */
export function drawChips(context: CanvasRenderingContext2D, marks: readonly Mark[], view: View) {
  context.font = '600 12px system-ui, sans-serif';
  const x = Math.max(0, view.x) + kChip.inset;
  marks
    .filter((mark) => mark.text !== '')
    .forEach((mark, i) => {
      const y = Math.max(0, view.y) + kChip.inset + i * (kChip.height + kChip.gap);
      context.fillStyle = markColour(mark.kind);
      context.beginPath();
      context.roundRect(x, y, context.measureText(mark.text).width + 12, kChip.height, 4);
      context.fill();
      context.fillStyle = '#10100f';
      context.fillText(mark.text, x + 6, y + 13);
    });
}

export function drawMarks(context: CanvasRenderingContext2D, marks: readonly Mark[], view: View, ink: Ink) {
  marks.forEach((mark, i) => {
    const box = toFrame(mark.box, view);
    const strong = ink.chosen === i;
    const faint = ink.chosen !== undefined && ink.chosen >= 0 && !strong;
    context.globalAlpha = faint ? 0.35 : mark.quiet ? 0.6 : 1;
    drawBox(context, mark, box, ink, strong);
    if (mark.text !== '' && (strong || (ink.texts && !faint))) drawText(context, mark, box[0], box[1]);
  });
  context.globalAlpha = 1;
}
