import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from './staging-errors.js';
import { type StagingLayout, statIfThere } from './staging-layout.js';

const END = '\0';

/** Modes of new folders at the top, by name. */
export type LateModes = ReadonlyMap<string, number>;

/**
 * Writes down modes with which a folder could not be moved into place: to move it, its owner must be allowed to write to
 * it, unless that is root.
 */
export async function writeLateModes({ lateModes }: StagingLayout, modes: LateModes): Promise<void> {
  if (modes.size === 0) return;
  const lines = [...modes].map(([name, mode]) => `${mode.toString(8)} ${name}${END}`);
  await writeFile(lateModes, lines.join(''), { flag: 'wx', mode: 0o600, flush: true });
}

/** Sets them, when all folders are in place. It may be repeated. */
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
