import type { CatalogForeignKey, SequenceState } from '../../../catalog-table.js';
import type { KnownConstraints } from '../../constraint-texts.js';
import { readTables, type SqliteTable } from '../catalog.js';
import { setCounters } from './counters.js';
import { checkForeignKeys } from './foreign-keys.js';
import type { TargetConnection } from './open-files.js';
import { rebuildSearchIndexes } from './search-indexes.js';

/** What a restore has put into a database. */
export interface RestoredContent {
  readonly tables: readonly SqliteTable[];
  readonly foreignKeys: readonly CatalogForeignKey[];
  /** The tables that were emptied, and those of them that were loaded. */
  readonly chosen: readonly SqliteTable[];
  readonly loaded: ReadonlySet<SqliteTable>;
  readonly known: KnownConstraints | undefined;
}

/**
 * Sets the counters, has the foreign keys checked and search indexes rebuilt.
 * @param check throws when the restore is to end
 * @returns sentences about what could not be restored exactly
 */
export async function completeTables(
  target: Pick<TargetConnection, 'connection' | 'long'>,
  { tables, foreignKeys, chosen, loaded, known }: RestoredContent,
  sequences: readonly SequenceState[],
  check: () => void,
): Promise<string[]> {
  setCounters(target.connection, chosen, loaded, sequences);
  const kept = await checkForeignKeys(target, foreignKeys, chosen, tables, known);
  check();
  const stale = await rebuildSearchIndexes(target, readTables(target.connection).virtual, chosen);
  check();
  return [...kept, ...stale];
}
