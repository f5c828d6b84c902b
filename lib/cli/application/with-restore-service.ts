import { RestoreService } from '../../restore/restore.service.js';
import { serviceOf, withHost } from './boot-host.js';
import type { Host } from './host.js';

/** Boots the application and uses its RestoreService. A separate file, so that commands without an application do not load Nest. */
export function withRestoreService<T>(
  path: string,
  quiet: boolean,
  work: (restores: RestoreService, host: Host) => Promise<T>,
): Promise<T> {
  return withHost(path, quiet, (host) => work(serviceOf(host, RestoreService), host));
}
