/** Server-sent events: what changed is asked for again; progress of jobs is taken as it comes. */
import type { QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import type { Schemas } from './client';

export type JobProgress = Schemas['ProgressEvent']['jobs'][number];
type Topic = Schemas['ChangeEvent']['topics'][number];

export type Connection = 'connecting' | 'live' | 'lost';

/** Topics that the server tells, with the first words of the query keys that they touch. */
const kKeys: Partial<Record<string, string[]>> & Record<Topic, string[]> = {
  cycles: ['cycles', 'attention', 'project', 'schedule'],
  jobs: ['jobs', 'attention'],
  models: ['models', 'runs', 'deployments', 'evaluations', 'project', 'attention'],
  gates: ['gates', 'attention', 'cycles'],
  modes: ['modes', 'findings', 'channels', 'attention', 'project'],
  campaigns: ['campaigns'],
  batches: ['batches', 'attention'],
  versions: ['versions', 'project'],
  ledger: ['ledger', 'cycles'],
  monitor: ['monitor', 'attention'],
  flags: ['samples', 'sample'],
  samples: ['samples', 'sample', 'attributes', 'project', 'findings', 'filter'],
};

let jobs: JobProgress[] = [];
let connection: Connection = 'connecting';
const listeners = new Set<() => void>();

function told() {
  listeners.forEach((listener) => {
    listener();
  });
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function parsed(event: MessageEvent): Record<string, unknown> {
  const data: unknown = JSON.parse(String(event.data));
  return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {};
}

const kAgainMs = 3000;

function listen(source: EventSource, queries: QueryClient) {
  source.addEventListener('open', () => {
    // Whatever happened while nobody listened is asked for again.
    if (connection === 'lost') void queries.invalidateQueries();
    connection = 'live';
    told();
  });
  source.addEventListener('change', (event) => {
    const topics = parsed(event).topics;
    if (!Array.isArray(topics)) return;
    const keys = new Set(topics.flatMap((topic) => kKeys[String(topic)] ?? []));
    void queries.invalidateQueries({ predicate: (query) => keys.has(String(query.queryKey[0])) });
  });
  source.addEventListener('progress', (event) => {
    const list = parsed(event).jobs;
    jobs = Array.isArray(list) ? (list as JobProgress[]) : [];
    told();
  });
}

/** Opens the stream and keeps it open; returns the function that closes it. */
export function followEvents(queries: QueryClient): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let source: EventSource;
  const open = () => {
    source = new EventSource('/api/v1/events');
    listen(source, queries);
    source.addEventListener('error', () => {
      connection = 'lost';
      told();
      // The browser comes back by itself after a broken connection, but not after a refusal.
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, kAgainMs);
    });
  };
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}

/** Jobs at work now, as last told by the server. */
export function useJobProgress(): JobProgress[] {
  return useSyncExternalStore(subscribe, () => jobs);
}

export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, () => connection);
}
