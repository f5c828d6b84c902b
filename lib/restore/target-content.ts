import type { CatalogTable } from '../database/catalog-table.js';
import type { RestoreSession } from '../database/dialects/restore-dialect.js';
import { modelName } from '../database/table-location.js';
import { migrationRefused } from '../errors/migration-errors.js';
import { restoreRefused } from '../errors/restore-errors.js';
import { existingEntries } from '../files/existing-entries.js';
import { measureFiles } from '../files/read/measure-files.js';
import type { DataDirectory } from '../options/backup-options.js';
import type { ReplacedContent, RestoreOptions } from './restore-report.js';

/** What was in the target before the restore: it stands in the way, or is replaced. */
export class TargetContent {
  private tables: ReplacedContent['tables'] | undefined;
  private readonly files: Record<string, { readonly count: number; readonly bytes: number }> = {};

  constructor(
    private readonly directories: readonly DataDirectory[],
    private readonly options: Pick<RestoreOptions, 'replace' | 'dryRun'>,
  ) {}

  /** What a restore would replace; undefined where nobody asks, or it was not looked. */
  get replaced(): ReplacedContent | undefined {
    return this.tables && { tables: this.tables, files: this.files };
  }

  /** Counts the files, before anything is locked: other writers are not kept waiting for it. */
  async countFiles(signal: AbortSignal): Promise<void> {
    if (!this.isAsked) return;
    for (const directory of this.directories) {
      const measured = await measureFiles([directory], [], signal);
      if (measured) this.files[directory.name] = { count: measured.files, bytes: measured.bytes };
    }
  }

  /**
   * Asked before anything is locked, and again under the locks.
   * @param tables that are emptied
   * @param obstacle why rows could not even be replaced
   * @throws BackupError `RESTORE_REFUSED`, naming all that is there
   */
  async check(session: RestoreSession, tables: readonly CatalogTable[], obstacle?: string): Promise<void> {
    const { replace } = this.options;
    const rows = replace && obstacle === undefined ? [] : await rowsIn(session, tables);
    if (obstacle !== undefined && rows.length > 0) {
      throw migrationRefused(`${rows[0]!}, and ${obstacle}`, 'Restore into an empty database.');
    }
    const found = replace ? [] : [...rows, ...(await filesIn(this.directories))];
    if (found.length > 0) throw restoreRefused(found.join('; '), 'Use --replace to replace what is there.');
    if (this.isAsked) this.tables ??= await countRows(session, tables);
  }

  private get isAsked(): boolean {
    return this.options.replace === true && this.options.dryRun === true;
  }
}

async function rowsIn(session: RestoreSession, tables: readonly CatalogTable[]): Promise<string[]> {
  const occupied = await session.occupied(tables);
  if (occupied.length === 0) return [];
  const names = occupied.map((table) => `"${modelName(table)}"`).join(', ');
  return [`the database is not empty: ${names} ${occupied.length === 1 ? 'holds' : 'hold'} rows`];
}

async function filesIn(directories: readonly DataDirectory[]): Promise<string[]> {
  const found: string[] = [];
  for (const directory of directories) {
    const names = await existingEntries(directory);
    if (names.length > 0) {
      found.push(`the data directory "${directory.name}" is not empty: it holds ${names.join(', ')}`);
    }
  }
  return found;
}

async function countRows(
  session: RestoreSession,
  tables: readonly CatalogTable[],
): Promise<Array<ReplacedContent['tables'][number]>> {
  const counted: Array<ReplacedContent['tables'][number]> = [];
  for (const table of await session.occupied(tables)) {
    counted.push({ name: modelName(table), rows: await session.count(table) });
  }
  return counted;
}
