import { setTimeout as sleep } from 'node:timers/promises';
import type { Type } from '@nestjs/common';
import { ApplicationConfig, GraphInspector, MetadataScanner, NestContainer } from '@nestjs/core';
import { STATIC_CONTEXT } from '@nestjs/core/injector/constants.js';
import { Injector } from '@nestjs/core/injector/injector.js';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { Module } from '@nestjs/core/injector/module.js';
import { DependenciesScanner } from '@nestjs/core/scanner.js';
import { getDataSourceToken } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { BackupModule } from '../../backup.module.js';
import { DatabaseService } from '../../database/database.service.js';
import { BackupError } from '../../errors/backup-error.js';
import { wrongUsage } from '../../errors/usage-errors.js';
import { HistoryService } from '../../history/history.service.js';
import { REFUSES_WHEN_USED } from '../../options/options.provider.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../../options/resolved-options.js';
import { RecoveryService } from '../../recovery/recovery.service.js';
import { httpAdapterOf } from './http-adapter.js';
import type { RootModule } from './import-module.js';
import { withStillSchema } from './still-schema.js';
import { withoutVainRetries } from './vain-retries.js';

/** How long closing the connections may take, in milliseconds; after that the process ends anyway. */
const CLOSING_MS = 5_000;

/** The parts of the library that have to be started, in this order; the others only wait for requests. */
const STARTED = [DatabaseService, RecoveryService, HistoryService];
const START = ['onModuleInit', 'onApplicationBootstrap'] as const;
const STOP = ['onModuleDestroy', 'beforeApplicationShutdown', 'onApplicationShutdown'] as const;

/**
 * Only the part of an application that its backups need: `BackupModule`, its DataSource, and the providers of their options. No
 * other provider is instantiated, and no lifecycle hook of the application is called: it seeds, serves and schedules nothing,
 * and a broken part of it does no harm.
 */
export class Host {
  private constructor(
    private readonly modules: ReadonlyMap<string, Module>,
    private readonly ours: readonly Module[],
  ) {}

  /**
   * @param file of the root module, absolute
   * @throws BackupError `WRONG_USAGE` when it does not import `BackupModule`, `DATABASE_UNAVAILABLE`, `INVALID_OPTIONS`; what the
   *   application's own factories throw
   */
  static async open(root: RootModule, file: string): Promise<Host> {
    const config = new ApplicationConfig();
    const container = new NestContainer(config, {});
    container.setHttpAdapter(await httpAdapterOf(file));
    await new DependenciesScanner(container, new MetadataScanner(), new GraphInspector(container), config).scan(
      root as Type,
    );
    const modules = container.getModules() as ReadonlyMap<string, Module>;
    const ours = [...modules.values()].filter(({ metatype }) => metatype === BackupModule);
    if (ours.length === 0) throw noBackupModule();
    withoutVainRetries(modules.values());
    // A command may do without the key, or given one, and without the destinations.
    const whenUsed = { provide: REFUSES_WHEN_USED, useValue: true };
    for (const { providers } of ours) providers.get(REFUSES_WHEN_USED)!.mergeWith(whenUsed);
    const host = new Host(modules, ours);
    await withStillSchema(() => host.make());
    await call(
      START,
      STARTED.map((service) => host.find<object>(service)),
    );
    return host;
  }

  /** @throws BackupError `WRONG_USAGE` when the application does not have it */
  get<Service>(token: Type<Service> | symbol): Service {
    const found = this.find<Service>(token);
    if (found === undefined) throw noBackupModule();
    return found;
  }

  /** Stops the library's own services and closes the connections, as far as they can be closed in time. */
  async close(): Promise<void> {
    const closing = async () => {
      await call(
        STOP,
        this.ours.flatMap(({ providers }) => [...providers.values()].map(({ instance }) => instance)),
      );
      const sources = [...this.wrappers()].map(({ instance }) => instance).filter((one) => one instanceof DataSource);
      await Promise.all(sources.filter(({ isInitialized }) => isInitialized).map((source) => source.destroy()));
    };
    await Promise.race([closing(), sleep(CLOSING_MS, undefined, { ref: false })]);
  }

  private find<Service>(token: Type<Service> | symbol): Service | undefined {
    const found = this.ours.map(({ providers }) => providers.get(token as Type)).find((one) => one !== undefined);
    return found?.instance as Service | undefined;
  }

  private async make(): Promise<void> {
    const injector = new Injector();
    for (const { providers, injectables, controllers } of this.modules.values()) {
      for (const collection of [providers, injectables, controllers]) {
        for (const wrapper of collection.values()) injector.loadPrototype(wrapper, collection);
      }
    }
    const load = (wrapper: InstanceWrapper, module: Module) => injector.loadProvider(wrapper, module);
    for (const module of this.ours) for (const wrapper of module.providers.values()) await load(wrapper, module);
    const { dataSource } = this.get<ResolvedBackupOptions>(BACKUP_OPTIONS);
    const token = getDataSourceToken(dataSource as string);
    for (const module of this.modules.values()) {
      const wrapper = module.providers.get(token);
      if (wrapper) await load(wrapper, module);
    }
    await this.completeCircles(load);
    this.forgetUnmade();
  }

  /** Nest instantiates providers that wait for each other in a circle separately from those that need them. */
  private async completeCircles(load: (wrapper: InstanceWrapper, module: Module) => Promise<void>): Promise<void> {
    const seen = new Set<InstanceWrapper>();
    for (let found = true; found; ) {
      found = false;
      for (const wrapper of this.wrappers()) {
        if (seen.has(wrapper) || !isMade(wrapper)) continue;
        seen.add(wrapper);
        found = true;
        const properties = (wrapper.getPropertiesMetadata() ?? []).map((property) => property.wrapper);
        for (const needed of [...(wrapper.getCtorMetadata() ?? []), ...properties]) {
          if (needed?.host && !isMade(needed) && needed.isDependencyTreeStatic()) await load(needed, needed.host);
        }
      }
    }
  }

  /** Nest prepares objects whose constructors were never called; nothing may mistake one for a working instance. */
  private forgetUnmade(): void {
    for (const wrapper of this.wrappers()) if (!isMade(wrapper)) wrapper.instance = undefined;
  }

  private *wrappers(): Generator<InstanceWrapper> {
    for (const { providers } of this.modules.values()) yield* providers.values() as Iterable<InstanceWrapper>;
  }
}

async function call(hooks: readonly string[], services: readonly unknown[]): Promise<void> {
  for (const hook of hooks) for (const service of services) await (service as Hooks | undefined)?.[hook]?.();
}

type Hooks = Readonly<Record<string, (() => unknown) | undefined>>;

function isMade(wrapper: InstanceWrapper): boolean {
  return wrapper.getInstanceByContextId(STATIC_CONTEXT).isResolved === true;
}

function noBackupModule(): BackupError {
  return wrongUsage(
    'the module given by --app does not import BackupModule, or imports another copy of this package',
    'Run the copy of nestjs-backup in the application’s own node_modules: npx nestjs-backup.',
  );
}
