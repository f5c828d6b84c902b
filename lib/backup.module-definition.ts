import {
  type CanActivate,
  ConfigurableModuleBuilder,
  type ConfigurableModuleCls,
  type DynamicModule,
  type Type,
} from '@nestjs/common';
import { invalidOption } from './errors/usage-errors.js';
import { createLogsController, logsPathOf } from './history/backup-logs.controller.js';
import { HistoryService } from './history/history.service.js';
import { createBackupController, DEFAULT_PATH } from './http/backup.controller.js';
import { HOST_GUARDS } from './http/host-guards.guard.js';
import { OWN_ROUTES, type OwnRoute, PAGE_ROUTES, RESTORE_ROUTES } from './http/own-routes.js';
import { createMetricsController, metricsPathOf } from './metrics/metrics.controller.js';
import { MetricsService } from './metrics/metrics.service.js';
import type { BackupModuleOptions } from './options/backup-options.js';
import { resolveModuleSettings } from './options/module-settings.js';
import { ENABLED_OVERRIDE } from './options/options.provider.js';
import { RESTORE_OVER_HTTP, type RestoreOverHttp } from './options/restore-over-http.js';

/** Given beside the options in `forRoot`, and beside the factory in `forRootAsync`. */
export interface BackupModuleExtras {
  /** Route of the endpoint, below the application's global prefix. @default 'utils/backup' */
  path?: string;
  /** Registers the module globally. @default false */
  isGlobal?: boolean;
  /** The application's own guards, run before ours to set `request.user`: classes or instances. @default [] */
  guards?: Array<Type<CanActivate> | CanActivate>;
  /**
   * Records backups, restores, verifications and prunings in a table of the application, the entity `BackupLog`, and
   * shows them to system users: `GET {prefix}/utils/backuplogs/`. @default false
   */
  history?: boolean;
  /** Prometheus metrics for system users: `GET {prefix}/utils/backup/metrics`. @default false */
  metrics?: boolean;
  /**
   * A page on which system users see, make, download and test backups: `GET {prefix}/utils/backup/page`, and the routes
   * that it uses, below the endpoint. @default false
   */
  page?: boolean;
  /**
   * Lets system users restore stored backups into the running application, and undo that, from the page. Needs
   * `page: true`. @default false
   */
  restoreOverHttp?: boolean;
  /** `false` registers no route at all. @default undefined (the option decides) */
  enabled?: BackupModuleOptions['enabled'];
}

const EXTRAS: BackupModuleExtras = {
  path: DEFAULT_PATH,
  isGlobal: false,
  guards: [],
  history: false,
  metrics: false,
  page: false,
  restoreOverHttp: false,
  enabled: undefined,
};

export const EXTRA_NAMES: readonly string[] = Object.keys(EXTRAS);

const built = new ConfigurableModuleBuilder<BackupModuleOptions>({
  moduleName: 'Backup',
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createBackupOptions')
  .setExtras(EXTRAS, (definition, given) => {
    const extras = resolveModuleSettings(given, EXTRAS);
    return {
      ...definition,
      global: extras.isGlobal,
      imports: [...(definition.imports ?? []), ...pageFor(extras)],
      exports: [...(definition.exports ?? []), ...servicesFor(extras)],
      controllers: controllersFor(extras),
      providers: [
        ...(definition.providers ?? []),
        ...servicesFor(extras),
        { provide: OWN_ROUTES, useValue: routesFor(extras) },
        { provide: RESTORE_OVER_HTTP, useValue: restoreOverHttpOf(extras) },
        { provide: HOST_GUARDS, useValue: extras.guards },
        { provide: ENABLED_OVERRIDE, useValue: { enabled: extras.enabled } },
      ],
    };
  })
  .build();

/** Typed explicitly: compilers before 5.3 cannot read the inferred declaration. */
export const ConfigurableModuleClass: ConfigurableModuleCls<
  BackupModuleOptions,
  'forRoot',
  'createBackupOptions',
  BackupModuleExtras
> = built.ConfigurableModuleClass;
export const { MODULE_OPTIONS_TOKEN } = built;

function restoreOverHttpOf({ path = DEFAULT_PATH, restoreOverHttp, enabled }: BackupModuleExtras): RestoreOverHttp {
  return { isOn: restoreOverHttp === true && enabled !== false, path: path.replace(/^\/+|\/+$/g, '') };
}

function servicesFor({ history, metrics }: BackupModuleExtras): Type[] {
  return [...(history ? [HistoryService] : []), ...(metrics ? [MetricsService] : [])];
}

function controllersFor({ path = DEFAULT_PATH, history, metrics, enabled }: BackupModuleExtras): Type[] {
  if (enabled === false) return [];
  return [
    createBackupController(path),
    ...(history ? [createLogsController(logsPathOf(path))] : []),
    ...(metrics ? [createMetricsController(metricsPathOf(path))] : []),
  ];
}

/**
 * Loaded only where it is wanted.
 * @throws BackupError `INVALID_OPTIONS` for restores without a page, or at the root
 */
function pageFor(extras: BackupModuleExtras): Array<DynamicModule | Promise<DynamicModule>> {
  const { path = DEFAULT_PATH, page, restoreOverHttp, enabled } = extras;
  if (restoreOverHttp && !page) {
    throw invalidOption('restoreOverHttp', 'restores over HTTP are begun on the page', 'Set page: true, too.');
  }
  if (!page || enabled === false) return [];
  const restores = restoreOverHttpOf(extras);
  if (restoreOverHttp && restores.path === '') {
    const problem = 'at the root of the application nothing tells the page from the routes that a restore closes';
    throw invalidOption('path', problem, 'Give the endpoint a path of its own, or leave out restoreOverHttp.');
  }
  type PageModule = typeof import('./page/page.module.js');
  const made = ({ createPageModule }: PageModule) => createPageModule(path, restores);
  if (typeof require === 'function') return [made(require('./page/page.module.js') as PageModule)];
  return [import('./page/page.module.js').then(made)];
}

function routesFor({ path = DEFAULT_PATH, history, metrics, page, restoreOverHttp }: BackupModuleExtras): OwnRoute[] {
  const bare = path.replace(/^\/+|\/+$/g, '');
  const backup: OwnRoute = { method: 'POST', path: bare };
  return [
    backup,
    ...(history ? [{ method: 'GET' as const, path: logsPathOf(path) }] : []),
    ...(metrics ? [{ method: 'GET' as const, path: metricsPathOf(path) }] : []),
    ...[...(page ? PAGE_ROUTES : []), ...(restoreOverHttp ? RESTORE_ROUTES : [])].map((route) => ({
      ...route,
      path: `${bare}/${route.path}`,
    })),
  ];
}
