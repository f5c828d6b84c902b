import { RestoreService } from '../../restore/restore.service.js';
import { serviceOf, withHost } from './boot-host.js';
import type { Host } from './host.js';

/** Boots the host and lets its RestoreService work. A file of its own, so that commands without a host load no Nest. */
export function withRestores<T>(
  path: string,
  quiet: boolean,
  work: (restores: RestoreService, host: Host) => Promise<T>,
): Promise<T> {
  return withHost(path, quiet, (host) => work(serviceOf(host, RestoreService), host));
}
