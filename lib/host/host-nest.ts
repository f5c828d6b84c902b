import type { FactoryProvider } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef, ModulesContainer } from '@nestjs/core';
import { callerIn, type NamedClass, otherCopy, refuseOtherCopies } from './one-copy.js';

/**
 * What the library takes of the Nest that runs the host. Providers take it from here and not from Nest: to a second copy
 * of Nest its classes are strangers, and that must be said before some provider "cannot be resolved".
 */
export class HostNest {
  constructor(
    readonly moduleRef: ModuleRef,
    readonly modules: ModulesContainer,
    readonly adapterHost: HttpAdapterHost,
  ) {}

  /** The tokens of the host's providers that are classes. */
  *classes(): Generator<NamedClass> {
    for (const { providers } of this.modules.values()) {
      for (const token of providers.keys()) if (typeof token === 'function') yield token;
    }
  }
}

/** For each module of the library. @throws BackupError `DUPLICATE_PACKAGE`: the host refuses to start */
export const hostNestProvider: FactoryProvider = {
  provide: HostNest,
  inject: [ModuleRef, ModulesContainer, HttpAdapterHost].map((token) => ({ token, optional: true })),
  useFactory: (moduleRef?: ModuleRef, modules?: ModulesContainer, adapterHost?: HttpAdapterHost) => {
    if (!moduleRef || !modules || !adapterHost) throw otherCopy('@nestjs/core', callerIn('@nestjs/core'));
    refuseOtherCopies();
    return new HostNest(moduleRef, modules, adapterHost);
  },
};
