import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type DataDirectory, isWithin } from '../files/data-directory.js';
import { isReservedName } from '../archive/entry-names.js';
import { BackupError } from '../errors/backup-error.js';
import { invalidOption } from '../errors/usage-errors.js';
import type { FileStore } from '../files/store/file-store.js';
import { applicationFolder } from '../support/application-folder.js';

/** One path segment that every archive tool and filesystem takes as it is. */
const SAFE_NAME = /^[\p{L}\p{N}_](?:[\p{L}\p{M}\p{N}_. -]*[\p{L}\p{M}\p{N}_-])?$/u;
const MAX_NAME_BYTES = 200;
const STORE_METHODS = ['list', 'open', 'put', 'copy', 'delete'] as const;
/** Names that Windows keeps for devices, with or without an extension. */
const DEVICE_NAME = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i;

/**
 * Finds the data directories and refuses what would make two folders of an archive hold the same file.
 * @throws BackupError `INVALID_OPTIONS`
 */
export function resolveDataDirs(given: Record<string, string | FileStore>): DataDirectory[] {
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw invalid('dataDirs', 'it is no object', "Give { name: '/path/of/the/directory' }.");
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

/** A directory, where it really is, and whether a place of its kind lies inside another. */
interface Located {
  readonly directory: DataDirectory;
  readonly real: string;
  readonly contains: (outer: string, inner: string) => boolean;
}

function checkName(name: string): void {
  const remedy = 'Use letters, digits, ".", "_", "-" and spaces, beginning with a letter, a digit or "_".';
  if (!SAFE_NAME.test(name) || DEVICE_NAME.test(name) || Buffer.byteLength(name) > MAX_NAME_BYTES) {
    throw invalid(`dataDirs.${name}`, 'the folder name is not safe in an archive', remedy);
  }
  if (isReservedName(name)) {
    throw invalid(`dataDirs.${name}`, 'the folder name is reserved for the archive itself', 'Choose another name.');
  }
}

/** Absolute: a relative one belongs to the application, whatever directory it is started in. */
function findPath(name: string, path: unknown): string {
  if (typeof path === 'string' && path !== '') return resolve(applicationFolder(), path);
  throw invalid(`dataDirs.${name}`, 'the path is no text', 'Give a directory.');
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
  throw invalid(option, `"${path}" is not a directory`, 'Give the directory that holds the files.');
}

function findStore(name: string, store: FileStore): Located {
  const option = `dataDirs.${name}`;
  const missing = STORE_METHODS.find((method) => typeof store[method] !== 'function');
  if (missing) {
    const remedy = 'Give a directory, s3Prefix({ … }), or the like.';
    throw invalid(option, `the path is no text, and it is no store: it has no method ${missing}()`, remedy);
  }
  store.check?.(option);
  const real = store.location;
  if (typeof real !== 'string' || real === '') throw invalid(option, 'it has no location', 'Give it one.');
  return { directory: { name, store }, real, contains: (outer, inner) => inner.startsWith(outer) };
}

function checkPair(one: Located, other: Located): void {
  const { name } = other.directory;
  const option = `dataDirs.${one.directory.name}`;
  if (sameName(one.directory.name, name)) {
    throw invalid(option, `it differs from "${name}" only in case or accents' form`, 'Choose another name.');
  }
  if ('path' in one.directory !== 'path' in other.directory) return;
  if (one.real === other.real) {
    throw invalid(option, `it is the same directory as "${name}"`, 'Name each directory once.');
  }
  if (one.contains(one.real, other.real) || one.contains(other.real, one.real)) {
    throw invalid(option, `one of it and "${name}" lies inside the other`, 'Name the outer directory only.');
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
