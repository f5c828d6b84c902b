import type { FactoryProvider, InjectionToken } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef, ModulesContainer } from '@nestjs/core';
import { callerIn, type NamedClass, otherCopy, refuseOtherCopies } from './one-copy.js';

/**
 * What the library uses of the Nest that runs the application. Providers inject it from here and not from Nest: a second copy of
 * Nest does not know the first one's classes, and that must be reported before some provider "cannot be resolved".
 */
export class HostNest {
  constructor(
    readonly moduleRef: ModuleRef,
    readonly modules: ModulesContainer,
    readonly adapterHost: HttpAdapterHost,
  ) {}

  /** The tokens of the application's providers that are classes. */
  *classes(): Generator<NamedClass> {
    for (const { providers } of this.modules.values()) {
      for (const token of providers.keys()) if (typeof token === 'function') yield token;
    }
  }

  /** Whether a provider of this token is made anew for each request, in any module. */
  dependsOnRequest(token: InjectionToken): boolean {
    return [...this.modules.values()].some(({ providers }) => providers.get(token)?.isDependencyTreeStatic() === false);
  }
}

/** For each module of the library. @throws BackupError `DUPLICATE_PACKAGE`: the application does not start */
export const hostNestProvider: FactoryProvider = {
  provide: HostNest,
  inject: [ModuleRef, ModulesContainer, HttpAdapterHost].map((token) => ({ token, optional: true })),
  useFactory: (moduleRef?: ModuleRef, modules?: ModulesContainer, adapterHost?: HttpAdapterHost) => {
    if (!moduleRef || !modules || !adapterHost) throw otherCopy('@nestjs/core', callerIn('@nestjs/core'));
    refuseOtherCopies();
    return new HostNest(moduleRef, modules, adapterHost);
  },
};
