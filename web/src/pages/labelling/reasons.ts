/** Why a campaign picked a picture, in few words: the failure mode it is for, and what they have in common. Pure. */

export interface Reason {
  /** The failure mode that the picture is to help, as a phrase; "" when the text names none. */
  mode: string;
  /** What spoke for the picture: "found by a check". */
  short: string;
}

/** "missed objects in rain: found by a check (0.86), weather = 'rain'; 2.60 usual distances …" */
export function reasonOf(text: string): Reason {
  const colon = text.indexOf(': ');
  const mode = colon < 0 ? '' : text.slice(0, colon);
  const rest = colon < 0 ? text : text.slice(colon + 2);
  const phrases = (rest.split(';')[0] ?? '')
    .split(', ')
    .map((phrase) => phrase.replace(/\s*\([\d.]+\)/g, '').trim())
    .filter((phrase) => phrase !== '' && !/[=<>()]/.test(phrase));
  return { mode, short: phrases.join(', ') };
}
