/** Reasons of gate reports as the pages say them. Pure. */
import { inPoints, sentence } from '../../lib/format';

/** "night: -0.008, but …" as "Night: −0.8, but …": the part's name as in the table, scores as points. */
export function reasonWords(reason: string, sliceName: (name: string) => string): string {
  const colon = reason.indexOf(': ');
  const text =
    colon < 0 ? sentence(reason) : `${sliceName(reason.slice(0, colon))}: ${reason.slice(colon + 2)}`;
  return inPoints(text)
    .replace('about 1 more objects', 'about 1 more object')
    .replace(' of this slice', ' like these');
}
