/** The typed client of Spotter's interface. Types come from openapi.json (npm run api); nothing is generated at run time. */
import createClient from 'openapi-fetch';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];

export const client = createClient<paths>({ baseUrl: '/', fetch: (request: Request) => fetch(request) });

/** What the server said went wrong, in its own words. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly code: string,
    readonly status: number,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

function described(error: unknown): { code: string; message: string } | null {
  if (typeof error !== 'object' || error === null || !('error' in error)) return null;
  const inner = error.error;
  if (typeof inner !== 'object' || inner === null || !('message' in inner) || !('code' in inner)) return null;
  return { code: String(inner.code), message: String(inner.message) };
}

/** The data of an answer; throws ApiError. */
export async function unwrap<T>(pending: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await pending;
  } catch {
    throw new ApiError('The server does not answer. Is it still running?', 'unreachable', 0);
  }
  if (answer.data !== undefined) return answer.data;
  const said = described(answer.error);
  throw new ApiError(
    said?.message ?? `The server answered ${answer.response.status}.`,
    said?.code ?? 'unknown',
    answer.response.status,
  );
}
