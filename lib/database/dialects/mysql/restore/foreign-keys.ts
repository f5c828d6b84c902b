import { BackupError } from '../../../../backup.errors.js';
import { locationKey, modelName } from '../../../table-location.js';
import type { CatalogTable, TableLocation } from '../../dialect.js';
import { quoteIdentifier } from '../../quote.js';
import { readInformation } from '../catalog.js';
import type { Names } from '../names.js';
import type { Session } from '../session.js';
import { statementFailure } from './errors.js';

const KEYS = `SELECT table_schema, table_name, constraint_name, column_name, referenced_table_schema,
  referenced_table_name, referenced_column_name FROM information_schema.key_column_usage
  WHERE table_schema IN (?) AND referenced_table_name IS NOT NULL
  ORDER BY table_schema, table_name, constraint_name, ordinal_position`;

/** A foreign key with the pairs of its columns. */
export interface ForeignKey {
  readonly name: string;
  readonly from: TableLocation;
  readonly to: TableLocation;
  readonly columns: Array<readonly [from: string, to: string]>;
}

export async function readForeignKeys(session: Session, names: Names): Promise<ForeignKey[]> {
  const keys = new Map<string, ForeignKey>();
  for (const row of await readInformation(session, KEYS, names)) {
    const [schema, table, name, column, toSchema, toTable, toColumn] = row as string[];
    if (!names.covers(schema!)) continue;
    const key = JSON.stringify([schema, table, name]);
    const [from, to] = [names.locate(schema!, table!), names.locate(toSchema!, toTable!)];
    const known = keys.get(key) ?? { name: name!, from, to, columns: [] };
    known.columns.push([column!, toColumn!]);
    keys.set(key, known);
  }
  return [...keys.values()];
}

/** @throws BackupError `RESTORE_REFUSED` when rows of a table outside of the list refer to a table that is emptied */
export async function refuseOutsideRows(
  session: Session,
  names: Names,
  keys: readonly ForeignKey[],
  tables: readonly CatalogTable[],
): Promise<void> {
  const inside = new Set(tables.map(locationKey));
  for (const { name, from, to, columns } of keys) {
    if (inside.has(locationKey(from)) || !inside.has(locationKey(to))) continue;
    const set = columns.map(([column]) => `${quoteIdentifier(column, '`')} IS NOT NULL`).join(' AND ');
    const rows = await session.texts(`SELECT 1 FROM ${names.sql(from)} WHERE ${set} LIMIT 1`);
    if (rows.length === 0) continue;
    throw BackupError.restoreRefused(
      `table "${modelName(from)}", which is not restored, refers to table "${modelName(to)}" (foreign key "${name}")`,
      'Empty it, or restore it too.',
    );
  }
}

/**
 * Checks every foreign key that touches one of the tables. Turning the server's own checks on again checks nothing.
 * @throws BackupError `RESTORE_FAILED`
 */
export async function checkForeignKeys(
  session: Session,
  names: Names,
  keys: readonly ForeignKey[],
  tables: readonly CatalogTable[],
): Promise<void> {
  const inside = new Set(tables.map(locationKey));
  for (const { name, from, to, columns } of keys) {
    const own = [from, to].filter((table) => inside.has(locationKey(table))).length;
    if (own === 0) continue;
    const pairs = columns.map(([one, other]) => [quoteIdentifier(one, '`'), quoteIdentifier(other, '`')] as const);
    const join = pairs.map(([one, other]) => `p.${other} = c.${one}`).join(' AND ');
    const set = pairs.map(([one]) => `c.${one} IS NOT NULL`).join(' AND ');
    // Rows of others may have changed since; ours are locked anyway.
    const lock = own === 2 ? '' : 'LOCK IN SHARE MODE';
    const sql = `SELECT 1 FROM ${names.sql(from)} c LEFT JOIN ${names.sql(to)} p ON ${join}
      WHERE ${set} AND p.${pairs[0]![1]} IS NULL LIMIT 1 ${lock}`;
    const rows = await session.texts(sql).catch((error: unknown) => {
      throw statementFailure(from, `its foreign key "${name}" could not be checked`, error);
    });
    if (rows.length === 0) continue;
    const problem = `a row of table "${modelName(from)}" refers to a row of "${modelName(to)}" that is not there`;
    throw BackupError.restoreFailed(`${problem} (foreign key "${name}")`);
  }
}
