import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BackupError } from '../errors/backup-error.js';
import { duplicatePackage } from '../errors/usage-errors.js';

/** A package that application and library both use, and what both must resolve to the same place. */
const SHARED: ReadonlyArray<[user: string, used: readonly string[]]> = [
  ['@nestjs/core', ['@nestjs/common']],
  ['@nestjs/typeorm', ['@nestjs/common', '@nestjs/core', 'typeorm']],
];

/** A class, of whichever copy. */
export interface NamedClass {
  readonly name: string;
  readonly prototype: object;
}

/**
 * Looks for second copies that cause no clear error: with two of @nestjs/common, for example, every refusal becomes a 500.
 * @throws BackupError `DUPLICATE_PACKAGE`
 */
export function refuseOtherCopies(): void {
  for (const [user, used] of SHARED) {
    const file = ownFile(user);
    for (const name of file === undefined ? [] : used) {
      const theirs = resolved(file!, name);
      if (theirs !== undefined && ownFile(name) !== undefined && theirs !== ownFile(name)) {
        throw otherCopy(name, theirs);
      }
    }
  }
}

/** @param file of the application's copy, if it is known */
export function otherCopy(name: string, file: string | undefined): BackupError {
  const theirs = file === undefined ? undefined : folderOf(name, file);
  const own = ownFile(name);
  const ours = own === undefined ? undefined : folderOf(name, own);
  return duplicatePackage(name, { theirs, ours, version: theirs && versionOf(theirs) });
}

/** A file of the package that is on the call stack, from whichever copy. */
export function callerIn(name: string): string | undefined {
  const inside = new RegExp(
    `(?:\\(|\\bat )([^()]*[\\\\/]node_modules[\\\\/]${name.replace('/', '[\\\\/]')}[\\\\/][^()]*?):\\d`,
  );
  const [, place] = inside.exec(new Error().stack ?? '') ?? [];
  return place?.startsWith('file:') ? fileURLToPath(place) : place;
}

/** The file that a class was loaded from, if it was loaded by `require`. */
export function fileOfClass(wanted: NamedClass): string | undefined {
  if (typeof __filename !== 'string') return undefined;
  const { cache } = createRequire(__filename);
  return Object.keys(cache).find((file) => exportOf(cache[file], wanted.name) === wanted);
}

function exportOf(loaded: NodeJS.Module | undefined, name: string): unknown {
  return (loaded?.exports as Record<string, unknown> | undefined)?.[name];
}

/** What the library itself loads; undefined where there are no files to compare, as in a bundle. */
function ownFile(name: string): string | undefined {
  // The tests load this file as an ES module, which has no __filename.
  return typeof __filename === 'string' ? resolved(__filename, name) : undefined;
}

function resolved(from: string, name: string): string | undefined {
  try {
    const file = createRequire(from).resolve(name);
    return isAbsolute(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

function folderOf(name: string, file: string): string {
  const folder = join(sep, 'node_modules', name, sep);
  const at = file.lastIndexOf(folder);
  return at < 0 ? dirname(file) : file.slice(0, at + folder.length - 1);
}

function versionOf(folder: string): string | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
  } catch {
    return undefined;
  }
}
