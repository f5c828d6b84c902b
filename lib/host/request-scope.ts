import type { FactoryProvider, InjectionToken } from '@nestjs/common';
import { type OwnModule, requestScoped } from '../errors/usage-errors.js';
import { HostNest } from './host-nest.js';

/**
 * A provider that stops the start where the options of a module depend on a request: so would all that is made of them,
 * and Nest would call no lifecycle hook of it. No backup would ever be scheduled, and nothing would say so.
 * @throws BackupError `INVALID_OPTIONS`, at the start
 */
export function refuseRequestScope(options: InjectionToken, module: OwnModule): FactoryProvider {
  return {
    provide: Symbol(`nestjs-backup:request-scope:${module}`),
    inject: [HostNest],
    useFactory: (host: HostNest) => ({
      onModuleInit() {
        if (host.dependsOnRequest(options)) throw requestScoped(module);
      },
    }),
  };
}
