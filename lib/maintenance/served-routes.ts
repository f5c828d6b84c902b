/** What the page consists of and asks for, below the endpoint's path. */
const SERVED = ['page', 'status', 'backups', 'events', 'links', 'downloads', 'tests', 'restores', 'runs', 'uploads'];

/**
 * Whether a request is for one of the page's routes, which are served during maintenance, too.
 * @param path of the endpoint, without slashes at either end and without the application's prefixes
 */
export function servedRoutes(path: string): (url: string) => boolean {
  const routes = new RegExp(`/${escape(path)}/(${SERVED.join('|')})(/|$)`);
  return (url) => routes.test(url.split('?', 1)[0]!);
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
