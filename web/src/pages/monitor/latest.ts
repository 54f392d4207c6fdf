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
  exemplars: z.array(z.string()).default([]),
});

export type Monitor = z.infer<typeof monitorSchema>;
export type Run = Schemas['MonitorStatus']['runs'][number];

export function latestOf(latest: unknown): Monitor[] {
  const parsed = z.object({ monitors: z.array(monitorSchema) }).safeParse(latest);
  return parsed.success ? parsed.data.monitors : [];
}
