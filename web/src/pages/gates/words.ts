/** Reasons of gate reports as the pages say them. Pure. */
import { inPoints, sentence } from '../../lib/format';
import { sliceName } from '../slices';

/** "night: -0.008, but …" as "Night: −0.8, but …": the part's name as in the table, scores as points. */
export function reasonWords(reason: string): string {
  const colon = reason.indexOf(': ');
  return colon < 0
    ? sentence(inPoints(reason))
    : `${sliceName(reason.slice(0, colon))}: ${inPoints(reason.slice(colon + 2))}`;
}
