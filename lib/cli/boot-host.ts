import 'reflect-metadata';
import { ConsoleLogger, type DynamicModule, type INestApplicationContext, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BackupError } from '../backup.errors.js';
import { runOneCommand } from '../one-command.js';

type HostModule = Type | DynamicModule;

/**
 * Boots the host's Nest module without a server, and without what it does by itself. What it logs goes to stderr.
 * @param path a compiled file whose default export, or one exported class named *Module, is the module
 * @throws BackupError `WRONG_USAGE` when there is no such module; otherwise what the host itself throws at startup
 */
export async function bootHost(path: string, quiet: boolean): Promise<INestApplicationContext> {
  const logger = new ConsoleLogger({
    logLevels: quiet ? ['error', 'fatal'] : ['warn', 'error', 'fatal'],
    colors: process.stderr.isTTY === true,
  });
  runOneCommand();
  return NestFactory.createApplicationContext(await importModule(path), { logger, abortOnError: false });
}

/** Boots the host, lets it work, and closes it in any case. */
export async function withHost<T>(
  path: string,
  quiet: boolean,
  work: (host: INestApplicationContext) => Promise<T>,
): Promise<T> {
  const host = await bootHost(path, quiet);
  try {
    return await work(host);
  } finally {
    await host.close();
  }
}

/** A service of the library from the host's module. */
export function serviceOf<T>(host: INestApplicationContext, service: Type<T>): T {
  try {
    return host.get(service, { strict: false });
  } catch {
    throw BackupError.wrongUsage(
      'the module given by --app does not import BackupModule, or imports another copy of this package',
      'Run the nestjs-backup of the application’s own node_modules: npx nestjs-backup.',
    );
  }
}

async function importModule(path: string): Promise<HostModule> {
  const absolute = resolve(path);
  let exported: Record<string, unknown>;
  try {
    exported = (await import(pathToFileURL(absolute).href)) as Record<string, unknown>;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'ERR_UNSUPPORTED_DIR_IMPORT') throw error;
    throw new BackupError(
      'WRONG_USAGE',
      `--app ${path} cannot be imported: ${(error as Error).message.replaceAll(/\s*\n\s*/g, ' ')}`,
      {
        cause: error,
      },
    );
  }
  // A CommonJS host's exports are the default export of its import.
  const inner = exported.default as Record<string, unknown> | undefined;
  const direct = [inner, inner?.default].find(isModule);
  if (direct) return direct;
  const named = Object.entries({ ...inner, ...exported }).filter(
    ([name, value]) => name.endsWith('Module') && isModule(value),
  );
  if (named.length === 1) return named[0]![1] as HostModule;
  const found = named.length === 0 ? 'no class named *Module' : `several: ${named.map(([name]) => name).join(', ')}`;
  throw BackupError.wrongUsage(`--app ${path} exports no default, and ${found}`, 'Export the root module as default.');
}

function isModule(value: unknown): value is HostModule {
  return typeof value === 'function' || (typeof value === 'object' && value !== null && 'module' in value);
}
