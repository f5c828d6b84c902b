import type { FactoryProvider, InjectionToken } from '@nestjs/common';
import { BACKUP_OPTIONS, type BackupModuleOptions } from './backup-options.js';
import { resolveOptions } from './resolve-options.js';

/** The feature flag given as a module extra, which the module builder removes from the options. */
export const ENABLED_OVERRIDE = Symbol('nestjs-backup:enabled');

/** Resolves the application's options once, when the module is built. */
export function resolvedOptionsProvider(given: InjectionToken): FactoryProvider {
  return {
    provide: BACKUP_OPTIONS,
    inject: [given, ENABLED_OVERRIDE],
    useFactory: (options: BackupModuleOptions | undefined, override: Pick<BackupModuleOptions, 'enabled'>) =>
      resolveOptions(override.enabled === undefined ? options : { ...options, ...override }),
  };
}
