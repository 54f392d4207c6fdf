/** Numbers, times and amounts as people read them. Pure. */

export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${grouped(count)} ${count === 1 ? noun : nouns}`;
}

/** The first letter large, for titles that come as phrases. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** 12345 as "12,345". */
export function grouped(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** "4 s", "2 min 5 s", "3 h 10 min". */
export function duration(seconds: number): string {
  if (seconds < 0.05) return '0 s';
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    const rest = Math.round(seconds - minutes * 60);
    return rest === 0 || minutes >= 10 ? `${minutes} min` : `${minutes} min ${rest} s`;
  }
  const rest = minutes % 60;
  const hours = Math.floor(minutes / 60);
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
}

/** Minutes of people: "0", "0.4", "12". */
export function minutes(value: number): string {
  if (value === 0) return '0';
  return value < 10 ? value.toFixed(1) : grouped(value);
}

export function money(value: number, currency: string): string {
  try {
    return new Intl.NumberFormat('en-US', {
      style: 'currency',
      currency,
      maximumFractionDigits: value < 100 ? 2 : 0,
    }).format(value);
  } catch {
    return `${value.toFixed(2)} ${currency}`;
  }
}

/** A score from 0 to 1 as "62.4"; an undefined one (−1) as a dash. */
export function score(value: number | null | undefined): string {
  return value === null || value === undefined || value < 0 || Number.isNaN(value)
    ? '–'
    : (value * 100).toFixed(1);
}

/** A difference of scores, signed: "+3.1", "−0.4", "±0". */
export function change(value: number): string {
  const points = Math.abs(value * 100).toFixed(1);
  if (points === '0.0') return '±0';
  return `${value > 0 ? '+' : '−'}${points}`;
}

/** A range of changes: "+2.5 to +6.2". */
export function changes(low: number, high: number): string {
  return `${change(low)} to ${change(high)}`;
}

/** Scores from 0 to 1 inside a sentence, as the points out of 100 that the pages show: "-0.008" is "−0.8". */
export function inPoints(text: string): string {
  return text.replace(/([+-]?)\b([01]\.\d{3})\b/g, (_, sign: string, digits: string) => {
    const points = (Number(digits) * 100).toFixed(1);
    return `${sign === '-' ? '−' : sign}${points}`;
  });
}

export function percent(value: number, digits = 0): string {
  return `${(value * 100).toFixed(digits)} %`;
}

/** "just now", "5 min ago", "yesterday", "12 Nov 2026". */
export function ago(iso: string | null | undefined, now: number = Date.now()): string {
  if (!iso) return '–';
  const seconds = (now - Date.parse(iso)) / 1000;
  if (seconds < 45) return 'just now';
  if (seconds < 3600) return `${Math.max(1, Math.floor(seconds / 60))} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 172_800) return 'yesterday';
  if (seconds < 604_800) return `${Math.round(seconds / 86_400)} days ago`;
  return date(iso);
}

/** "in 3 h", "on 12 Nov". */
export function until(iso: string | null | undefined, now: number = Date.now()): string {
  if (!iso) return '–';
  const seconds = (Date.parse(iso) - now) / 1000;
  if (seconds < 60) return 'in a moment';
  if (seconds < 3600) return `in ${Math.round(seconds / 60)} min`;
  if (seconds < 86_400) return `in ${Math.round(seconds / 3600)} h`;
  return `on ${date(iso)}`;
}

export function date(iso: string): string {
  return new Date(iso).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
}

export function moment(iso: string | null | undefined): string {
  if (!iso) return '–';
  return new Date(iso).toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  });
}

/** The value of an attribute as text. */
export function attribute(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toFixed(3);
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '–' : JSON.stringify(value);
}
