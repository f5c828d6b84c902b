import { realpathSync, statSync } from 'node:fs';
import { relative, resolve, isAbsolute, sep } from 'node:path';
import { isReservedName } from '../archive/entry-names.js';
import { BackupError } from '../backup.errors.js';
import type { DataDirectory } from './backup-options.js';

/** One path segment that every archive tool and filesystem takes as it is. */
const SAFE_NAME = /^[\p{L}\p{N}_](?:[\p{L}\p{M}\p{N}_. -]*[\p{L}\p{M}\p{N}_-])?$/u;
const MAX_NAME_BYTES = 200;
/** Names that Windows keeps for devices, with or without an extension. */
const DEVICE_NAME = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i;

/**
 * Finds the data directories and refuses what would make two folders of an archive hold the same file.
 * @throws BackupError `INVALID_OPTIONS`
 */
export function resolveDataDirs(given: Record<string, string>): DataDirectory[] {
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw invalid('dataDirs', 'it is no object', "Give { name: '/path/of/the/directory' }.");
  }
  const found = Object.entries(given).map(([name, path]) => {
    checkName(name);
    return { name, path: resolve(String(path)), real: findDirectory(name, path) };
  });
  found.forEach((one, index) => {
    for (const other of found.slice(0, index)) checkPair(one, other);
  });
  return found.map(({ name, path }) => ({ name, path }));
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

function findDirectory(name: string, path: unknown): string {
  const option = `dataDirs.${name}`;
  if (typeof path !== 'string' || path === '') throw invalid(option, 'the path is no text', 'Give a directory.');
  try {
    const real = realpathSync(path);
    if (statSync(real).isDirectory()) return real;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw invalid(option, `the directory "${path}" cannot be opened (${code})`, 'Create it, or correct the path.');
  }
  throw invalid(option, `"${path}" is not a directory`, 'Give the directory that holds the files.');
}

function checkPair(one: { name: string; real: string }, other: { name: string; real: string }): void {
  const option = `dataDirs.${one.name}`;
  if (sameName(one.name, other.name)) {
    throw invalid(option, `it differs from "${other.name}" only in case or accents' form`, 'Choose another name.');
  }
  if (one.real === other.real) {
    throw invalid(option, `it is the same directory as "${other.name}"`, 'Name each directory once.');
  }
  if (contains(one.real, other.real) || contains(other.real, one.real)) {
    throw invalid(option, `one of it and "${other.name}" lies inside the other`, 'Name the outer directory only.');
  }
}

function sameName(one: string, other: string): boolean {
  return one.normalize('NFC').toLowerCase() === other.normalize('NFC').toLowerCase();
}

function contains(outer: string, inner: string): boolean {
  const path = relative(outer, inner);
  return path !== '' && path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path);
}

function invalid(option: string, problem: string, remedy: string): BackupError {
  return BackupError.invalidOption(option, problem, remedy);
}
