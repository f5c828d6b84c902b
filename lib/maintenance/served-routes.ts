import { matchesAt, segmentsOf } from '../support/path-segments.js';

/** What the page consists of and asks for, below the endpoint's path. */
const SERVED = ['page', 'status', 'backups', 'events', 'links', 'downloads', 'tests', 'restores', 'runs', 'uploads'];

/**
 * Whether a request is for one of the page's routes, which are served during maintenance, too.
 * @param path of the endpoint, without slashes at either end and without the application's prefixes
 */
export function servedRoutes(path: string): (url: string) => boolean {
  const endpoint = segmentsOf(path);
  return (url) => {
    const segments = segmentsOf(url);
    return segments.some((_, start) => {
      const below = segments[start + endpoint.length];
      return below !== undefined && SERVED.includes(below) && matchesAt(segments, start, endpoint);
    });
  };
}
