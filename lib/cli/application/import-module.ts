import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DynamicModule, Type } from '@nestjs/common';
import type { BackupError } from '../../errors/backup-error.js';
import { wrongUsage } from '../../errors/usage-errors.js';
import { startsServer } from './find-application.js';
import { withoutServers } from './without-servers.js';

export type RootModule = Type | DynamicModule;

const TYPESCRIPT = /\.[cm]?tsx?$/;
const CREATES = /\bNestFactory\w*\.create(?:Microservice|ApplicationContext)?\s*\(/;
const EXPORTS = /\bexports\.(?:default|\w*Module)\b|\bmodule\.exports\b|\bexport\s+(?:default\b|class\s|\{)/;
/** Node's errors for a file with syntax that it does not support, decorators included. */
const NOT_TAKEN =
  /^ERR_(UNKNOWN_FILE_EXTENSION|INTERNAL_ASSERTION|REQUIRE_ESM|(UNSUPPORTED|INVALID)_TYPESCRIPT_SYNTAX|UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING)$/;

/**
 * The root module that a file exports: its default export, else the one exported class named *Module.
 * @param file absolute path
 * @throws BackupError `WRONG_USAGE` when there is none; what the application itself throws when it is loaded
 */
export async function importModule(file: string): Promise<RootModule> {
  refuseMissing(file);
  refuseServer(file);
  const { result: exported, started } = await withoutServers(() => load(file));
  const module = moduleIn(exported);
  if (typeof module !== 'string') return module;
  if (started()) throw startsServer(file);
  throw wrongUsage(`--app ${file} exports no default, and ${module}`, 'Export the root module as default.');
}

function refuseMissing(file: string): void {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats?.isFile()) return;
  if (stats) {
    const problem = `--app ${file} is a directory`;
    throw wrongUsage(problem, 'Name the file in it that exports the root module.');
  }
  const main = join(dirname(file), 'main.js');
  if (basename(file) !== 'main.js' && existsSync(main)) {
    const { message } = startsServer(main);
    const problem = `there is no file ${file}, only main.js beside it, which starts the server (webpack builds nothing else)`;
    throw wrongUsage(problem, message.slice(message.indexOf('. ') + 2));
  }
  throw wrongUsage(`there is no file ${file}`, 'Build the application, or correct --app.');
}

/** By its text, so that none of it is run. */
function refuseServer(file: string): void {
  const text = readFileSync(file, 'utf8');
  if (!CREATES.test(text)) return;
  if (/^main\.[cm]?[jt]s$/.test(basename(file)) || !EXPORTS.test(text)) throw startsServer(file);
}

async function load(file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    if (!isLanguage(file, error)) throw isNoModule(file, error) ? noModule(file) : missingImport(file, error);
    // Some TypeScript loaders support `require` only.
    return required(file);
  }
}

function required(file: string): Record<string, unknown> {
  try {
    return createRequire(file)(file) as Record<string, unknown>;
  } catch (error) {
    if (!isLanguage(file, error)) throw missingImport(file, error);
    throw wrongUsage(
      `--app ${file} is TypeScript, and no loader that supports its decorators is registered (Node itself only strips types)`,
      'Build the application and name the compiled file, or register a loader: NODE_OPTIONS="--import @swc-node/register/esm-register".',
    );
  }
}

function isLanguage(file: string, error: unknown): boolean {
  const { code = '', name } = error as NodeJS.ErrnoException;
  return TYPESCRIPT.test(file) && (NOT_TAKEN.test(code) || name === 'SyntaxError');
}

/** Node does not load this type of file: the file itself, not one that it imports. */
function isNoModule(file: string, error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_UNKNOWN_FILE_EXTENSION' && !/\.[cm]?js$/.test(file);
}

function noModule(file: string): BackupError {
  return wrongUsage(`--app ${file} is not JavaScript`, 'Name the compiled file that exports the root module.');
}

/** The application cannot be loaded because something that it imports is missing. */
function missingImport(file: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND' && code !== 'ERR_UNSUPPORTED_DIR_IMPORT') {
    return error;
  }
  const [first] = message.split('\n');
  return wrongUsage(
    `--app ${file} cannot be imported: ${first!.replace(/\.?$/, '')}`,
    'Install the application’s packages and build it.',
  );
}

/** @returns the module, or a description of what was found instead */
function moduleIn(exported: Record<string, unknown>): RootModule | string {
  // A CommonJS application's exports are the default export of its import.
  const inner = exported.default as Record<string, unknown> | undefined;
  const direct = [inner, inner?.default].find(isModule);
  if (direct) return direct;
  const named = Object.entries({ ...inner, ...exported }).filter(
    ([name, value]) => name.endsWith('Module') && isModule(value),
  );
  if (named.length === 1) return named[0]![1] as RootModule;
  return named.length === 0 ? 'no class named *Module' : `several: ${named.map(([name]) => name).join(', ')}`;
}

function isModule(value: unknown): value is RootModule {
  return typeof value === 'function' || (typeof value === 'object' && value !== null && 'module' in value);
}
