import { ConfigurableModuleBuilder, type CanActivate, type Type } from '@nestjs/common';
import { createBackupController, DEFAULT_PATH } from './http/backup.controller.js';
import { HOST_GUARDS } from './http/host-guards.guard.js';
import type { BackupModuleOptions } from './options/backup-options.js';
import { BACKUP_PATH } from './http/trailing-slash.js';
import { ENABLED_OVERRIDE } from './options/options.provider.js';

/** What stands beside the options in `forRoot` and beside the factory in `forRootAsync`. */
export interface BackupModuleExtras {
  /** Route of the endpoint below the host's global prefix. @default 'utils/backup' */
  path?: string;
  /** Registers the module globally. @default false */
  isGlobal?: boolean;
  /** The host's own guards, run before ours to set `request.user`: classes or instances. @default [] */
  guards?: Array<Type<CanActivate> | CanActivate>;
  /** `false` registers no route at all. @default undefined (the option decides) */
  enabled?: BackupModuleOptions['enabled'];
}

const EXTRAS: BackupModuleExtras = { path: DEFAULT_PATH, isGlobal: false, guards: [], enabled: undefined };

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<BackupModuleOptions>({
  moduleName: 'Backup',
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createBackupOptions')
  .setExtras(EXTRAS, (definition, extras) => ({
    ...definition,
    global: extras.isGlobal,
    controllers: extras.enabled === false ? [] : [createBackupController(extras.path ?? DEFAULT_PATH)],
    providers: [
      ...(definition.providers ?? []),
      { provide: BACKUP_PATH, useValue: (extras.path ?? DEFAULT_PATH).replace(/^\/+|\/+$/g, '') },
      { provide: HOST_GUARDS, useValue: extras.guards ?? [] },
      { provide: ENABLED_OVERRIDE, useValue: { enabled: extras.enabled } },
    ],
  }))
  .build();
