import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { isReservedName } from '../archive/entry-names.js';
import { BackupError } from '../errors/backup-error.js';
import { invalidOption } from '../errors/usage-errors.js';
import { type DataDirectory, isWithin } from '../files/data-directory.js';
import type { FileStore } from '../files/store/file-store.js';
import { applicationFolder } from '../support/application-folder.js';

/** One path segment that every archive tool and filesystem accepts unchanged. */
const SAFE_NAME = /^[\p{L}\p{N}_](?:[\p{L}\p{M}\p{N}_. -]*[\p{L}\p{M}\p{N}_-])?$/u;
const MAX_NAME_BYTES = 200;
const STORE_METHODS = ['list', 'open', 'put', 'copy', 'delete'] as const;
/** Names that Windows reserves for devices, with or without an extension. */
const DEVICE_NAME = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i;

/**
 * Resolves the data directories and refuses any that would put the same file into two folders of an archive.
 * @throws BackupError `INVALID_OPTIONS`
 */
export function resolveDataDirs(given: Record<string, string | FileStore>): DataDirectory[] {
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw invalid('dataDirs', 'it is not an object', "Set { name: '/path/of/the/directory' }.");
  }
  const found = Object.entries(given).map(([name, place]) => {
    checkName(name);
    if (isObject(place)) return findStore(name, place);
    const path = findPath(name, place);
    return { directory: { name, path }, real: findDirectory(name, path), contains: isWithin };
  });
  found.forEach((one, index) => {
    for (const other of found.slice(0, index)) checkPair(one, other);
  });
  return found.map(({ directory }) => directory);
}

/** A directory, its real location, and whether one location of its kind is inside another. */
interface Located {
  readonly directory: DataDirectory;
  readonly real: string;
  readonly contains: (outer: string, inner: string) => boolean;
}

function checkName(name: string): void {
  const remedy = 'Use letters, digits, ".", "_", "-" and spaces, starting with a letter, a digit or "_".';
  if (!SAFE_NAME.test(name) || DEVICE_NAME.test(name) || Buffer.byteLength(name) > MAX_NAME_BYTES) {
    throw invalid(`dataDirs.${name}`, 'the folder name is not safe in an archive', remedy);
  }
  if (isReservedName(name)) {
    throw invalid(`dataDirs.${name}`, 'the folder name is reserved for the archive itself', 'Choose another name.');
  }
}

/** Absolute: a relative path is resolved from the application's folder, whatever directory it is started in. */
function findPath(name: string, path: unknown): string {
  if (typeof path === 'string' && path !== '') return resolve(applicationFolder(), path);
  throw invalid(`dataDirs.${name}`, 'the path is not a string', 'Set the path of a directory.');
}

function findDirectory(name: string, path: string): string {
  const option = `dataDirs.${name}`;
  try {
    const real = realpathSync(path);
    if (statSync(real).isDirectory()) return real;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw invalid(option, `the directory "${path}" cannot be opened (${code})`, 'Create it, or correct the path.');
  }
  throw invalid(option, `"${path}" is not a directory`, 'Set the directory that holds the files.');
}

function findStore(name: string, store: FileStore): Located {
  const option = `dataDirs.${name}`;
  const missing = STORE_METHODS.find((method) => typeof store[method] !== 'function');
  if (missing) {
    const remedy = 'Set the path of a directory, s3Prefix({ … }), or another store of files.';
    throw invalid(
      option,
      `the path is not a string, and it is not a store of files: it has no method ${missing}()`,
      remedy,
    );
  }
  store.check?.(option);
  const real = store.location;
  if (typeof real !== 'string' || real === '') {
    throw invalid(option, 'the store has no location', 'Give it a location.');
  }
  return { directory: { name, store }, real, contains: (outer, inner) => inner.startsWith(outer) };
}

function checkPair(one: Located, other: Located): void {
  const { name } = other.directory;
  const option = `dataDirs.${one.directory.name}`;
  if (sameName(one.directory.name, name)) {
    throw invalid(option, `it differs from "${name}" only in case or Unicode normalization`, 'Choose another name.');
  }
  if ('path' in one.directory !== 'path' in other.directory) return;
  if (one.real === other.real) {
    throw invalid(option, `it is the same directory as "${name}"`, 'List each directory once.');
  }
  if (one.contains(one.real, other.real) || one.contains(other.real, one.real)) {
    throw invalid(option, `it overlaps with "${name}": one is inside the other`, 'List only the outer directory.');
  }
}

function isObject(place: unknown): place is FileStore {
  return typeof place === 'object' && place !== null;
}

function sameName(one: string, other: string): boolean {
  return one.normalize('NFC').toLowerCase() === other.normalize('NFC').toLowerCase();
}

function invalid(option: string, problem: string, remedy: string): BackupError {
  return invalidOption(option, problem, remedy);
}
