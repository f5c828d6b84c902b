/** The path of the backup routes, of which this page is one: without a slash at its end. */
export function baseOf(pathname: string): string {
  return pathname.replace(/\/page\/?$/, '');
}

/** A route of the server as a path of this origin. */
export function route(...segments: readonly string[]): string {
  return [baseOf(location.pathname), ...segments.map(encodeURIComponent)].join('/');
}
