import type { FactoryProvider, InjectionToken } from '@nestjs/common';
import type { BackupModuleOptions } from './backup-options.js';
import { resolveOptions } from './resolve-options.js';
import { BACKUP_OPTIONS } from './resolved-options.js';

/** The feature flag given as a module extra, which the module builder removes from the options. */
export const ENABLED_OVERRIDE = Symbol('nestjs-backup:enabled');

/** Whether a missing key and unusable destinations are refused only when they are used; the command line sets it. */
export const REFUSES_WHEN_USED = Symbol('nestjs-backup:refuses-when-used');

/** Resolves the application's options once, when the module is built. */
export function resolvedOptionsProvider(given: InjectionToken): FactoryProvider {
  return {
    provide: BACKUP_OPTIONS,
    inject: [given, ENABLED_OVERRIDE, REFUSES_WHEN_USED],
    useFactory: async (
      options: BackupModuleOptions | undefined,
      override: Pick<BackupModuleOptions, 'enabled'>,
      whenUsed: boolean,
    ) => {
      const resolved = resolveOptions(options, override, whenUsed);
      // Only trying them out shows that they can be used.
      if (!whenUsed) await resolved.recipients?.();
      return resolved;
    },
  };
}
