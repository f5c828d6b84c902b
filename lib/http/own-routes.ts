import { matchesAt, segmentsOf } from '../support/path-segments.js';

/** Injection token of the `OwnRoute`s. */
export const OWN_ROUTES = Symbol('nestjs-backup:own-routes');

/** A route of the library; its path is relative to the global prefix, without slashes at either end. */
export interface OwnRoute {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'DELETE' | 'OPTIONS';
  /** Segments that begin with a colon stand for any. */
  readonly path: string;
}

/** @param path with the application's prefixes; a trailing slash makes no difference */
export function isOwn(routes: readonly OwnRoute[], method: unknown, path: string): boolean {
  const segments = segmentsOf(path);
  return routes.some((route) => route.method === method && endsWith(segments, segmentsOf(route.path)));
}

function endsWith(segments: readonly string[], pattern: readonly string[]): boolean {
  // Everything ends with nothing: the endpoint at the root is the root alone.
  if (pattern.length === 0) return segments.length === 0;
  const start = segments.length - pattern.length;
  return start >= 0 && matchesAt(segments, start, pattern);
}

/** All of the page, below the endpoint. */
export const PAGE_ROUTES: readonly OwnRoute[] = [
  { method: 'GET', path: 'page' },
  { method: 'GET', path: 'page/:file' },
  { method: 'GET', path: 'status' },
  { method: 'GET', path: 'backups' },
  { method: 'GET', path: 'backups/:destination/:id' },
  { method: 'GET', path: 'events' },
  { method: 'POST', path: 'links' },
  { method: 'HEAD', path: 'downloads/:token' },
  { method: 'GET', path: 'downloads/:token' },
  { method: 'POST', path: 'tests' },
  { method: 'DELETE', path: 'runs/:id' },
  { method: 'GET', path: 'uploads' },
  { method: 'POST', path: 'uploads' },
  { method: 'OPTIONS', path: 'uploads' },
  { method: 'HEAD', path: 'uploads/:destination/:id' },
  { method: 'GET', path: 'uploads/:destination/:id' },
  { method: 'PATCH', path: 'uploads/:destination/:id' },
  { method: 'DELETE', path: 'uploads/:destination/:id' },
  { method: 'POST', path: 'uploads/:destination/:id/check' },
];

/** All of restores, for `restoreOverHttp: true`. */
export const RESTORE_ROUTES: readonly OwnRoute[] = [
  { method: 'POST', path: 'restores' },
  { method: 'POST', path: 'restores/:id/undo' },
];
