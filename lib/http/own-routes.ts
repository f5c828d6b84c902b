/** Injection token of the `OwnRoute`s. */
export const OWN_ROUTES = Symbol('nestjs-backup:own-routes');

/** A route of the library, with its path below the global prefix, without slashes around. */
export interface OwnRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
}

/** @param path with the host's prefixes; a slash at the end makes no difference */
export function isOwn(routes: readonly OwnRoute[], method: unknown, path: string): boolean {
  const bare = path.endsWith('/') ? path.slice(0, -1) : path;
  return routes.some((route) => route.method === method && bare.endsWith(`/${route.path}`));
}
