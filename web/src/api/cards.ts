/** Samples by key, for pages that know keys only. */
import { queryOptions, useQueries } from '@tanstack/react-query';
import { quoted } from '../lib/filter';
import { client, unwrap } from './client';
import type { Sample } from './samples';

const kKeysMax = 60;

const cardsQuery = (keys: readonly string[]) =>
  queryOptions({
    queryKey: ['samples', 'cards', keys],
    queryFn: async (): Promise<Sample[]> => {
      const where = `key IN (${keys.map(quoted).join(', ')})`;
      const page = await unwrap(
        client.GET('/api/v1/samples', { params: { query: { where, limit: kKeysMax } } }),
      );
      return page.samples;
    },
    staleTime: 30_000,
  });

interface Cards {
  get: (key: string) => Sample | undefined;
  error: Error | null;
  retry: () => void;
}

/** The samples of any number of keys with their labels, asked for in parts; those already there stay. */
export function useCards(keys: readonly string[]): Cards {
  const wanted = [...new Set(keys)];
  const parts = Array.from({ length: Math.ceil(wanted.length / kKeysMax) }, (_, i) =>
    wanted.slice(i * kKeysMax, (i + 1) * kKeysMax),
  );
  const answers = useQueries({ queries: parts.map(cardsQuery) });
  const cards = new Map(answers.flatMap((a) => a.data ?? []).map((s) => [s.key, s]));
  return {
    get: (key) => cards.get(key),
    error: answers.find((a) => a.error !== null)?.error ?? null,
    retry: () => {
      for (const answer of answers) if (answer.error !== null) void answer.refetch();
    },
  };
}
