/** The monitors of the last look, out of a document whose members the interface leaves open. Pure. */
import { z } from 'zod';
import type { Schemas } from '../../api/client';

const number = z
  .number()
  .nullish()
  .transform((v) => v ?? 0);

const monitorSchema = z.object({
  name: z.string(),
  summary: z.string().default(''),
  state: z.string(),
  scenes_current: number,
  statistic: number,
  effect_floor: number,
  p_adjusted: z
    .number()
    .nullish()
    .transform((v) => v ?? 1),
  reference: z.number().nullish(),
  current: z.number().nullish(),
  exemplars: z.array(z.string()).default([]),
});

export type Monitor = z.infer<typeof monitorSchema>;
export type Run = Schemas['MonitorStatus']['runs'][number];

export function latestOf(latest: unknown): Monitor[] {
  const parsed = z.object({ monitors: z.array(monitorSchema) }).safeParse(latest);
  return parsed.success ? parsed.data.monitors : [];
}

const kNames: Record<string, string> = {
  detections: 'Objects found in a picture',
  empty: 'Pictures in which nothing is found',
  scores_ks: 'How sure the model is',
  scores_psi: 'How sure the model is, in ten steps',
  embeddings: 'How the pictures look',
};

/** What a monitor watches, for people: "detections of cone" is "Objects found: cone". */
export function monitorWords(name: string): string {
  const [kind = '', thing] = name.split(' of ');
  if (kind === 'detections' && thing !== undefined) return `Objects found: ${thing}`;
  return kNames[name] ?? name.replaceAll('_', ' ');
}

/** The figure then and now: "5.2, now 5.4"; "–" for what is no single figure. */
export function thenAndNow(monitor: Monitor): string {
  const { reference, current, name } = monitor;
  if (typeof reference !== 'number' || typeof current !== 'number') return '–';
  const share = name === 'empty' || name.startsWith('scores');
  const text = (value: number) => (share ? `${(value * 100).toFixed(1)} %` : value.toFixed(2));
  return `${text(reference)} → ${text(current)}`;
}
