import type { Dirent } from 'node:fs';
import { chmod, mkdir, opendir } from 'node:fs/promises';
import { STAGING_NAME } from '../entry-names.js';
import { hasCode } from './staging-errors.js';
import { statIfThere } from './staging-layout.js';

export type Entry = Dirent<Buffer>;

const SLASH = Buffer.from('/');
const STAGING = Buffer.from(STAGING_NAME);
/** Made by mkfs at the root of an ext filesystem: it belongs to the volume, not to its content. */
export const LOST_AND_FOUND = 'lost+found';

/** The entries of a folder, names as bytes: those that are not UTF-8 would not be found again by their string. */
export async function* entriesOf(folder: string | Buffer): AsyncGenerator<Entry> {
  const options = { encoding: 'buffer' as BufferEncoding };
  yield* (await opendir(folder as string, options)) as unknown as AsyncIterable<Entry>;
}

/** The entries at the top of a data directory that a restore replaces. */
export async function* topEntries(top: string): AsyncGenerator<Entry> {
  for await (const entry of entriesOf(top)) {
    const itsOwn = entry.isDirectory() && entry.name.equals(Buffer.from(LOST_AND_FOUND));
    if (!itsOwn && !entry.name.equals(STAGING)) yield entry;
  }
}

export async function isEmpty(folder: string): Promise<boolean> {
  for await (const entry of entriesOf(folder)) return entry === undefined;
  return true;
}

export function joinBytes(folder: string | Buffer, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(folder), SLASH, name]);
}

/** Makes a folder unless a real one is there; false when something else is in its place. */
export async function ensureFolder(path: string | Buffer): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    return (await statIfThere(path))?.isDirectory() === true;
  }
}

/**
 * Runs a step on the content of a folder, or on the folder, and once more after giving the owner the permissions on
 * the folder that the step needs: a folder without write permission can be neither moved nor emptied.
 */
export async function withPermission<T>(folder: string | Buffer, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!hasCode(error, 'EACCES', 'EPERM') || !(await statIfThere(folder))?.isDirectory()) throw error;
    await chmod(folder, 0o700).catch(() => {
      throw error;
    });
    return step();
  }
}
