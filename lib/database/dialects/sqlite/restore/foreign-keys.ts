import { BackupError } from '../../../../errors/backup-error.js';
import { restoreFailed, restoreRefused } from '../../../../errors/restore-errors.js';
import type { CatalogForeignKey } from '../../../catalog-table.js';
import { locationKey, modelName, type TableLocation } from '../../../table-location.js';
import { type KnownConstraints, keptOrphans, mayViolate } from '../../constraint-texts.js';
import { foreignKeyTexts, type SqliteTable } from '../catalog.js';
import { statementFailure } from './errors.js';
import type { LongStatements, TargetConnection } from './open-files.js';

/** Rows of one table whose references by one key point to missing rows. */
interface Orphans {
  readonly key: string;
  readonly parent: TableLocation;
  readonly count: number;
}

/**
 * Has SQLite check the foreign keys of some tables, and those of other tables that refer to them.
 * @param all every table of the databases
 * @param known constraints of the archive's source, which its rows may have violated already
 * @returns sentences about rows that did
 * @throws BackupError `RESTORE_FAILED`; `RESTORE_REFUSED` when rows of another table would lose what they refer to
 */
export async function checkForeignKeys(
  { connection, long }: Pick<TargetConnection, 'connection' | 'long'>,
  keys: readonly CatalogForeignKey[],
  tables: readonly TableLocation[],
  all: readonly SqliteTable[],
  known: KnownConstraints | undefined,
): Promise<string[]> {
  const kept: string[] = [];
  const restored = new Set(tables.map(locationKey));
  const concerned = keys.filter(({ from, to }) => restored.has(locationKey(from)) || restored.has(locationKey(to)));
  const checked = new Map(concerned.map(({ from }) => [locationKey(from), from]));
  for (const [place, table] of checked) {
    const texts = foreignKeyTexts(connection, table);
    const own = keys.filter(({ from }) => locationKey(from) === place);
    const isAsBefore = mayViolate(
      known,
      place,
      [...texts.values()].map(({ text }) => text),
      own.map(({ to }) => locationKey(to)).filter((to) => all.some((one) => locationKey(one) === to)),
    );
    const orphans = await orphansOf(long, table, all, isAsBefore);
    if (!orphans) {
      kept.push(`The foreign keys of "${modelName(table)}" lead to no unique key: SQLite cannot check them.`);
    }
    for (const { key, parent, count } of orphans ?? []) {
      const to = locationKey(parent);
      if (!restored.has(place) && !restored.has(to)) continue;
      const { text, columns } = texts.get(key)!;
      // A table that does not exist never had rows that could have been removed.
      const parents = all.some((one) => locationKey(one) === to) ? [to] : [];
      if (!restored.has(place)) throw orphaned(table, parent);
      if (!mayViolate(known, place, [text], parents)) throw violation(table, parent);
      kept.push(keptOrphans(count, modelName(table), `(${columns.join(', ')})`, modelName(parent)));
    }
  }
  return kept;
}

/**
 * A parent is always in the same file.
 * @param isAsBefore whether keys that SQLite refuses to check were the same in the source; if so, the answer is
 *   undefined
 */
async function orphansOf(
  long: LongStatements,
  { schema, name }: TableLocation,
  all: readonly TableLocation[],
  isAsBefore: boolean,
): Promise<Orphans[] | undefined> {
  const sql = 'SELECT fkid, parent, count(*) FROM pragma_foreign_key_check(?, ?) GROUP BY fkid, parent';
  try {
    const rows = await long.all(sql, [name, schema ?? 'main']);
    return rows.map(([key, parent, count]) => {
      const found = all.find((one) => one.schema === schema && one.name.toLowerCase() === String(parent).toLowerCase());
      return { key: String(key), parent: found ?? { schema, name: String(parent) }, count: Number(count) };
    });
  } catch (error) {
    if (isAsBefore && String((error as { message?: unknown }).message).startsWith('foreign key mismatch')) {
      return undefined;
    }
    throw statementFailure(`the foreign keys of table "${modelName({ schema, name })}" cannot be checked`, error);
  }
}

function violation(child: TableLocation, parent: TableLocation): BackupError {
  const [from, to] = [modelName(child), modelName(parent)];
  return restoreFailed(`rows of table "${from}" refer to rows of "${to}" that do not exist`);
}

function orphaned(child: TableLocation, parent: TableLocation): BackupError {
  const [from, to] = [modelName(child), modelName(parent)];
  return restoreRefused(
    `rows of table "${from}" refer to rows of "${to}" that are not in the archive`,
    'Empty it, or restore it too.',
  );
}
