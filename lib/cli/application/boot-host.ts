import 'reflect-metadata';
import { Logger, type Type } from '@nestjs/common';
import { HostLog } from '../output/host-log.js';
import { Host } from './host.js';
import { importModule } from './import-module.js';

export type { Host } from './host.js';

/**
 * Boots the part of the application that its backups need, does the work with it, and closes it in any case. Its log goes to
 * stderr.
 * @param file of the root module, absolute
 * @throws BackupError as `importModule` and `Host.open`
 */
export async function withHost<T>(file: string, quiet: boolean, work: (host: Host) => Promise<T>): Promise<T> {
  Logger.overrideLogger(new HostLog(quiet));
  const host = await Host.open(await importModule(file), file);
  try {
    return await work(host);
  } finally {
    await host.close().catch((error: unknown) => new Logger(Host.name).warn(error));
  }
}

/** A service of the library, from the application's module. */
export function serviceOf<T>(host: Host, service: Type<T>): T {
  return host.get(service);
}
