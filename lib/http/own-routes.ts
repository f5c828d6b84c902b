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
  const bare = path.endsWith('/') ? path.slice(0, -1) : path;
  const segments = bare.split('/');
  return routes.some((route) => route.method === method && endsWith(segments, route.path.split('/')));
}

function endsWith(segments: readonly string[], pattern: readonly string[]): boolean {
  // One segment more: what is before the first slash.
  const last = segments.slice(1).slice(-pattern.length);
  return last.length === pattern.length && pattern.every((one, index) => one.startsWith(':') || one === last[index]);
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
