import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../staging-errors.js';
import { type StagingLayout, statIfThere } from './staging-layout.js';

const END = '\0';

/** Modes of new top-level folders, by name. */
export type LateModes = ReadonlyMap<string, number>;

/**
 * Records modes with which a folder could not be moved into place: unless its owner is root, the owner needs write
 * permission on a folder to move it.
 */
export async function writeLateModes({ lateModes }: StagingLayout, modes: LateModes): Promise<void> {
  if (modes.size === 0) return;
  const lines = [...modes].map(([name, mode]) => `${mode.toString(8)} ${name}${END}`);
  await writeFile(lateModes, lines.join(''), { flag: 'wx', mode: 0o600, flush: true });
}

/** Sets them once all folders are in place. May be repeated. */
export async function setLateModes({ top, lateModes }: StagingLayout): Promise<void> {
  const text = await readFile(lateModes, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  });
  for (const line of text.split(END).slice(0, -1)) {
    const space = line.indexOf(' ');
    const path = join(top, line.slice(space + 1));
    if ((await statIfThere(path))?.isDirectory()) await chmod(path, Number.parseInt(line.slice(0, space), 8));
  }
}
