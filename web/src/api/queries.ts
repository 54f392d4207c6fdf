/** What pages ask the server for. The first word of each key is a topic of events.ts. */
import { type UseQueryResult, keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { type Schemas, client, unwrap } from './client';

export const projectQuery = queryOptions({
  queryKey: ['project'],
  queryFn: () => unwrap(client.GET('/api/v1/project')),
});

export const attentionQuery = queryOptions({
  queryKey: ['attention'],
  queryFn: () => unwrap(client.GET('/api/v1/attention')),
});

export const scheduleQuery = queryOptions({
  queryKey: ['schedule'],
  queryFn: () => unwrap(client.GET('/api/v1/schedule')),
});

export const attributesQuery = queryOptions({
  queryKey: ['attributes'],
  queryFn: () => unwrap(client.GET('/api/v1/attributes')),
  staleTime: 60_000,
});

export const cyclesQuery = queryOptions({
  queryKey: ['cycles'],
  queryFn: () => unwrap(client.GET('/api/v1/cycles')),
});

export const cycleQuery = (cycle: string) =>
  queryOptions({
    queryKey: ['cycles', cycle],
    queryFn: () => unwrap(client.GET('/api/v1/cycles/{cycle}', { params: { path: { cycle } } })),
  });

export const jobsQuery = queryOptions({
  queryKey: ['jobs'],
  queryFn: () => unwrap(client.GET('/api/v1/jobs')),
});

export const jobQuery = (job: string) =>
  queryOptions({
    queryKey: ['jobs', job],
    queryFn: () => unwrap(client.GET('/api/v1/jobs/{job}', { params: { path: { job } } })),
  });

export const jobLogQuery = (job: string) =>
  queryOptions({
    queryKey: ['jobs', job, 'log'],
    queryFn: () => unwrap(client.GET('/api/v1/jobs/{job}/log', { params: { path: { job } } })),
  });

export const modelsQuery = queryOptions({
  queryKey: ['models'],
  queryFn: () => unwrap(client.GET('/api/v1/models')),
});

export const deploymentsQuery = queryOptions({
  queryKey: ['deployments'],
  queryFn: () => unwrap(client.GET('/api/v1/deployments')),
});

export const evaluationsQuery = queryOptions({
  queryKey: ['evaluations'],
  queryFn: () => unwrap(client.GET('/api/v1/evaluations')),
});

export const gatesQuery = queryOptions({
  queryKey: ['gates'],
  queryFn: () => unwrap(client.GET('/api/v1/gates')),
});

export const gateQuery = (gate: string) =>
  queryOptions({
    queryKey: ['gates', gate],
    queryFn: () => unwrap(client.GET('/api/v1/gates/{gate}', { params: { path: { gate } } })),
  });

export const modesQuery = queryOptions({
  queryKey: ['modes'],
  queryFn: () => unwrap(client.GET('/api/v1/modes', { params: { query: { all: true } } })),
});

export const doubtsQuery = queryOptions({
  queryKey: ['doubts'],
  queryFn: () => unwrap(client.GET('/api/v1/doubts')),
});

export const modeQuery = (mode: string) =>
  queryOptions({
    queryKey: ['modes', mode],
    queryFn: () => unwrap(client.GET('/api/v1/modes/{mode}', { params: { path: { mode } } })),
  });

/** Asked for once: the order stays while a person goes through it. */
export const queueQuery = (only: { mode?: string; error?: string; class?: string }) =>
  queryOptions({
    queryKey: ['queue', only],
    queryFn: () => unwrap(client.GET('/api/v1/queue', { params: { query: { limit: 40, ...only } } })),
    staleTime: Infinity,
    gcTime: 0,
  });

export const channelsQuery = queryOptions({
  queryKey: ['channels'],
  queryFn: () => unwrap(client.GET('/api/v1/channels')),
});

export const modeFindingsQuery = (mode: string) =>
  queryOptions({
    queryKey: ['findings', { mode }],
    queryFn: () => unwrap(client.GET('/api/v1/findings', { params: { query: { mode, limit: 200 } } })),
  });

export const sampleFindingsQuery = (sample: string) =>
  queryOptions({
    queryKey: ['findings', { sample }],
    queryFn: () => unwrap(client.GET('/api/v1/findings', { params: { query: { sample, limit: 50 } } })),
  });

export const campaignsQuery = queryOptions({
  queryKey: ['campaigns'],
  queryFn: () => unwrap(client.GET('/api/v1/campaigns')),
});

export const campaignQuery = (campaign: string) =>
  queryOptions({
    queryKey: ['campaigns', campaign],
    queryFn: () => unwrap(client.GET('/api/v1/campaigns/{campaign}', { params: { path: { campaign } } })),
  });

export const batchesQuery = queryOptions({
  queryKey: ['batches'],
  queryFn: () => unwrap(client.GET('/api/v1/batches')),
});

export const batchQuery = (batch: string) =>
  queryOptions({
    queryKey: ['batches', batch],
    queryFn: () => unwrap(client.GET('/api/v1/batches/{batch}', { params: { path: { batch } } })),
  });

export const versionsQuery = queryOptions({
  queryKey: ['versions'],
  queryFn: () => unwrap(client.GET('/api/v1/versions')),
});

export const versionDiffQuery = (from: string, to: string) =>
  queryOptions({
    queryKey: ['versions', 'diff', from, to],
    queryFn: () =>
      unwrap(client.GET('/api/v1/versions/{from}/diff/{to}', { params: { path: { from, to } } })),
    enabled: from !== '',
  });

export const ledgerQuery = queryOptions({
  queryKey: ['ledger'],
  queryFn: () => unwrap(client.GET('/api/v1/ledger')),
});

export const monitorQuery = queryOptions({
  queryKey: ['monitor'],
  queryFn: () => unwrap(client.GET('/api/v1/monitor')),
});

export const filterQuery = (where: string) =>
  queryOptions({
    queryKey: ['filter', where],
    queryFn: () => unwrap(client.GET('/api/v1/filter', { params: { query: { where } } })),
    placeholderData: keepPreviousData,
  });

/** Models by id, for pages that show only ids. */
export function useModelNames(): (id: string) => string {
  const { data } = useQuery(modelsQuery);
  return (id) => data?.models.find((m) => m.id === id)?.name ?? id;
}

export type Query<T> = UseQueryResult<T>;
export type Model = Schemas['Model'];
export type Evaluation = Schemas['Evaluation'];
export type Cycle = Schemas['Cycle'];
export type Step = Schemas['Step'];
