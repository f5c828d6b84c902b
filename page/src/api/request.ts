import { ApiError } from './api-error.js';

export interface Ask {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  /** Sent as JSON. */
  readonly body?: object;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks and resolves with the answer's head. @throws ApiError for everything but a success */
export async function ask(path: string, { method = 'GET', body, signal, headers }: Ask = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'manual',
      signal,
      headers: { Accept: 'application/json', ...(body && { 'Content-Type': 'application/json' }), ...headers },
      body: body && JSON.stringify(body),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw ApiError.unreachable();
  }
  // None of the routes does that: the application wants a login.
  if (response.type === 'opaqueredirect') throw new ApiError(401, 'NOT_LOGGED_IN', 'Nobody is logged in.');
  if (response.ok) return response;
  const answer: unknown = await response.json().catch(() => null);
  throw ApiError.of(response.status, answer, response.headers.get('Retry-After'));
}

export async function askJson<Answer>(path: string, options?: Ask): Promise<Answer> {
  const response = await ask(path, options);
  try {
    return (await response.json()) as Answer;
  } catch {
    throw options?.signal?.aborted ? new DOMException('Aborted', 'AbortError') : ApiError.unreachable();
  }
}
