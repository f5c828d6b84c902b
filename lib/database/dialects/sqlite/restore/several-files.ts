import { restoreRefused } from '../../../../errors/restore-errors.js';
import type { TableLocation } from '../../../table-location.js';
import { quoteIdentifier } from '../../quote.js';
import type { Target } from './target.js';

/**
 * SQLite commits several files as one only if each has a rollback journal on disk. The mark of a restore is always in the
 * main database, so an attached file is one of several.
 * @throws BackupError `RESTORE_REFUSED`
 */
export function refuseSeveralFiles({ connection, shared }: Target, tables: readonly TableLocation[]): void {
  const attached = new Set(tables.flatMap(({ schema }) => schema ?? []));
  if (attached.size === 0) return;
  for (const name of ['main', ...attached]) {
    const [[mode] = []] = connection.all(`PRAGMA ${quoteIdentifier(name)}.journal_mode`);
    if (!shared && /^(delete|truncate|persist)$/.test(String(mode))) continue;
    throw restoreRefused(
      `tables are in attached files, and with database "${name}" in journal mode "${String(mode)}" a killed restore could leave one file old and another new`,
      shared
        ? 'Restore into a main database that is a file, too.'
        : 'Set PRAGMA journal_mode = DELETE on each of the files for the restore (with enableWAL off).',
    );
  }
}
