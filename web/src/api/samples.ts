/** Samples by pages, so that a grid of many can jump anywhere. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { type Schemas, client, unwrap } from './client';

export type Sample = Schemas['Sample'];
export type SampleDetail = Schemas['SampleDetail'];
export type SampleLabel = Schemas['SampleLabel'];
export type SamplePrediction = Schemas['SamplePrediction'];

/** What is looked at: the filter, the order, and whose predictions. Lives in the URL. */
export interface Looking {
  where?: string;
  sort?: string;
  model?: string;
  evaluation?: string;
  show?: string;
  class?: string;
  layer?: string;
}

export const kPageSize = 60;

function given(looking: Looking) {
  return Object.fromEntries(Object.entries(looking).filter(([, value]) => value)) as Looking;
}

export const samplesPageQuery = (looking: Looking, page: number) =>
  queryOptions({
    queryKey: ['samples', looking, page],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/samples', {
          params: { query: { ...given(looking), offset: page * kPageSize, limit: kPageSize } },
          signal,
        }),
      ),
    staleTime: 30_000,
    placeholderData: page === 0 ? keepPreviousData : undefined,
  });

export const sampleQuery = (sample: string, looking: Pick<Looking, 'model' | 'evaluation' | 'layer'>) =>
  queryOptions({
    queryKey: ['sample', sample, looking],
    queryFn: () =>
      unwrap(
        client.GET('/api/v1/samples/{sample}', {
          params: { path: { sample }, query: given(looking) },
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** Addresses of pictures carry the start of their content hash, so that browsers keep them for ever. */
export function thumbnailUrl(sample: { key: string; media: string }, side: number): string {
  return `/api/v1/samples/${encodeURIComponent(sample.key)}/thumbnail?side=${side}&media=${sample.media.slice(0, 12)}`;
}

export function mediaUrl(sample: { key: string; media: string }): string {
  return `/api/v1/samples/${encodeURIComponent(sample.key)}/media?media=${sample.media.slice(0, 12)}`;
}
