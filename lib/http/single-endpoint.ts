import type { FactoryProvider } from '@nestjs/common';
import { invalidOption } from '../errors/usage-errors.js';
import { HostNest } from '../host/host-nest.js';
import { OWN_ROUTES, type OwnRoute } from './own-routes.js';

/**
 * A provider that stops the start where BackupModule is imported twice for one path: requests would reach only the first.
 * When it is created, all modules are known, and no route has been registered.
 * @throws BackupError `INVALID_OPTIONS`
 */
export const singleEndpoint: FactoryProvider = {
  provide: Symbol('nestjs-backup:single-endpoint'),
  inject: [OWN_ROUTES, HostNest],
  useFactory: (routes: readonly OwnRoute[], { modules }: HostNest) => {
    const path = endpointOf(routes);
    const imports = [...modules.values()].filter(
      ({ controllers, providers }) => controllers.size > 0 && endpointOf(providers.get(OWN_ROUTES)?.instance) === path,
    );
    if (imports.length < 2) return true;
    throw invalidOption(
      'path',
      `BackupModule is imported ${imports.length} times for "${path}", and requests would reach only one of the imports`,
      'Import it once, with isGlobal: true if several modules use its services, or give each import its own path.',
    );
  },
};

function endpointOf(routes: unknown): string | undefined {
  return (routes as readonly OwnRoute[] | undefined)?.[0]?.path;
}
