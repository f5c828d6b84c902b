import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { Module } from '@nestjs/core/injector/module.js';
import { type DataSource, TypeORMError } from 'typeorm';
import { refusalOf } from '../../database/dialects/registry.js';
import type { BackupError } from '../../errors/backup-error.js';

/** Under which @nestjs/typeorm provides the options of its module. */
const OPTIONS = 'TypeOrmModuleOptions';

interface Retrying {
  toRetry?: (error: unknown) => boolean;
}

/** Errors that the next attempt would meet again. */
const final = new WeakSet<BackupError>();

/** The error of a connection that no retry can bring about; undefined of others. */
export function refusedForGood(dataSource: DataSource, cause: unknown): BackupError | undefined {
  const error = refusalOf(dataSource, cause);
  if (error) final.add(error);
  return error;
}

/**
 * Keeps TypeOrmModule from trying again, half a minute by default, what cannot succeed: to connect to a database that does
 * not exist, as a user whom the server refuses, or with options and entities that TypeORM itself refuses.
 */
export function withoutVainRetries(modules: Iterable<Module>): void {
  for (const { providers } of modules) {
    const wrapper = providers.get(OPTIONS) as InstanceWrapper<Retrying> | undefined;
    if (!wrapper) continue;
    const { metatype: make, instance } = wrapper;
    // `forRootAsync` has a factory of its options; those of `forRoot` are used as the object that they are.
    if (typeof make === 'function') {
      const factory = make as (...given: unknown[]) => unknown;
      wrapper.metatype = async (...given: unknown[]) => sensible((await factory(...given)) as Retrying);
    } else if (Object.isExtensible(instance)) {
      Object.assign(instance, sensible(instance));
    }
  }
}

function sensible(options: Retrying): Retrying {
  const { toRetry } = options;
  return { ...options, toRetry: (error: unknown) => isWorthIt(error) && (toRetry?.(error) ?? true) };
}

function isWorthIt(error: unknown): boolean {
  return !(error instanceof TypeORMError || final.has(error as BackupError));
}
