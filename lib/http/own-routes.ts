/** Injection token of the `OwnRoute`s. */
export const OWN_ROUTES = Symbol('nestjs-backup:own-routes');

/** A route of the library; its path is relative to the global prefix, without slashes at either end. */
export interface OwnRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
}

/** @param path with the application's prefixes; a trailing slash makes no difference */
export function isOwn(routes: readonly OwnRoute[], method: unknown, path: string): boolean {
  const bare = path.endsWith('/') ? path.slice(0, -1) : path;
  return routes.some((route) => route.method === method && bare.endsWith(`/${route.path}`));
}
