import type { Type } from '@nestjs/common';
import { notImported, type SideModule } from '../errors/usage-errors.js';
import type { HostNest } from './host-nest.js';

/**
 * A provider of another module of the application.
 * @param whose for the error: the module of this library that needs it
 * @param of what the application has to import
 * @throws BackupError `INVALID_OPTIONS`
 */
export function resolveProvider<Service>(
  host: HostNest,
  service: Type<Service>,
  whose: SideModule,
  of = 'BackupModule',
): Service {
  try {
    return host.moduleRef.get(service, { strict: false });
  } catch {
    throw notImported(whose, of);
  }
}
