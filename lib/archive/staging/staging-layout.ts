import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { STAGING_NAME } from '../entry-names.js';
import { damagedStaging, hasCode } from './staging-errors.js';

/** Where everything of one restore stands in one data directory. */
export interface StagingLayout {
  readonly top: string;
  /** The one name at the top that is ours. */
  readonly staging: string;
  readonly journal: string;
  /** The restore's own folder. */
  readonly work: string;
  readonly fresh: string;
  readonly old: string;
  /** The names at the top when the restore was sealed; it is removed when all of them have moved to `old`. */
  readonly oldNames: string;
  /** At the top, made only when needed: what the application wrote meanwhile and the new files left no place for. */
  readonly kept: string;
}

const RESTORE_ID = /^[0-9a-zA-Z-]{8,64}$/;

export function isRestoreId(id: unknown): id is string {
  return typeof id === 'string' && RESTORE_ID.test(id);
}

export function stagingLayout(top: string, id: string): StagingLayout {
  if (!isRestoreId(id)) throw new TypeError('The id of a restore is a UUID.');
  const staging = join(top, STAGING_NAME);
  const work = join(staging, id);
  return {
    top,
    staging,
    journal: journalPath(top),
    work,
    fresh: join(work, 'new'),
    old: join(work, 'old'),
    oldNames: join(work, 'old-names'),
    kept: join(top, `kept-by-restore-${id}`),
  };
}

export function journalPath(top: string): string {
  return join(top, STAGING_NAME, 'journal.json');
}

/**
 * Whether the directory has a staging folder: one `lstat`.
 * @throws BackupError when something else has its name, a planted link above all
 */
export async function hasStaging(top: string): Promise<boolean> {
  const path = join(top, STAGING_NAME);
  const stats = await statIfThere(path);
  if (stats && !stats.isDirectory()) throw damagedStaging(path, 'is not a directory of this library');
  return stats !== undefined;
}

/** What stands at a path, a link itself and not its target; undefined when nothing does. */
export async function statIfThere(path: string | Buffer) {
  try {
    return await lstat(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
