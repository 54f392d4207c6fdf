/** Samples by key, for pages that know keys only. */
import { queryOptions } from '@tanstack/react-query';
import { quoted } from '../lib/filter';
import { client, unwrap } from './client';
import type { Sample } from './samples';

const kKeysMax = 60;

/** The samples of at most 60 keys, by key; labels come along, predictions of `model` too. */
export const cardsQuery = (keys: readonly string[], model?: string) => {
  const wanted = [...new Set(keys)].slice(0, kKeysMax);
  return queryOptions({
    queryKey: ['samples', 'cards', wanted, model],
    queryFn: async (): Promise<Map<string, Sample>> => {
      const where = `key IN (${wanted.map(quoted).join(', ')})`;
      const page = await unwrap(
        client.GET('/api/v1/samples', { params: { query: { where, limit: kKeysMax, model } } }),
      );
      return new Map(page.samples.map((s) => [s.key, s]));
    },
    enabled: wanted.length > 0,
    staleTime: 30_000,
  });
};
