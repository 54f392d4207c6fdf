/** What people decide and send to the server. */
import { client, unwrap } from './client';

export const decideGate = (
  gate: string,
  body: { decision: 'ship' | 'hold'; note: string; seconds: number },
) => unwrap(client.POST('/api/v1/gates/{gate}/decision', { params: { path: { gate } }, body }));

export type Verdict = 'model_error' | 'label_error' | 'ambiguous' | 'ignore';

export const giveVerdict = (finding: string, verdict: Verdict) =>
  unwrap(
    client.POST('/api/v1/findings/{finding}/verdict', { params: { path: { finding } }, body: { verdict } }),
  );

export const judge = (body: {
  findings: string[];
  verdict?: Verdict;
  accept?: boolean;
  seconds?: number;
  note?: string;
}) => unwrap(client.POST('/api/v1/verdicts', { body }));

export const undoDecision = (decision: string) =>
  unwrap(client.POST('/api/v1/decisions/{decision}/undo', { params: { path: { decision } } }));

export const mergeModes = (mode: string, other: string) =>
  unwrap(client.POST('/api/v1/modes/{mode}/merge', { params: { path: { mode } }, body: { other } }));

export const splitMode = (mode: string, body: { where: string; title?: string }) =>
  unwrap(client.POST('/api/v1/modes/{mode}/split', { params: { path: { mode } }, body }));

export const setMode = (
  mode: string,
  body: { state?: string; weight?: number; title?: string; note?: string; owner?: string },
) => unwrap(client.POST('/api/v1/modes/{mode}', { params: { path: { mode } }, body }));

export const cancelJob = (job: string) =>
  unwrap(client.POST('/api/v1/jobs/{job}/cancel', { params: { path: { job } } }));

export const rollBack = (target: string, reason: string) =>
  unwrap(client.POST('/api/v1/rollbacks', { body: { target, reason } }));

export const setClass = (sample: string, name: string, seconds: number) =>
  unwrap(
    client.POST('/api/v1/samples/{sample}/class', {
      params: { path: { sample } },
      body: { class: name, seconds },
    }),
  );

export const flagSample = (sample: string, reason: string) =>
  unwrap(client.POST('/api/v1/flags', { body: { sample, reason } }));

export const startCycle = () => unwrap(client.POST('/api/v1/cycles'));

export const resumeCycle = (cycle: string) =>
  unwrap(client.POST('/api/v1/cycles/{cycle}/resume', { params: { path: { cycle } } }));

export const cancelCycle = (cycle: string) =>
  unwrap(client.POST('/api/v1/cycles/{cycle}/cancel', { params: { path: { cycle } } }));
