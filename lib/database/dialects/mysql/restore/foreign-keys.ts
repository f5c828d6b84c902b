import { restoreFailed, restoreRefused } from '../../../../errors/restore-errors.js';
import type { CatalogTable } from '../../../catalog-table.js';
import { locationKey, modelName, type TableLocation } from '../../../table-location.js';
import { foreignKeyText, type KnownConstraints, keptOrphans, mayViolate } from '../../constraint-texts.js';
import { quoteIdentifier } from '../../quote.js';
import { readInformation } from '../catalog.js';
import type { MysqlConnection } from '../connection.js';
import { DENIED, errorNumber, tableFailure } from '../errors.js';
import type { Names } from '../names.js';
import { statementFailure } from './errors.js';

const KEYS = `SELECT table_schema, table_name, constraint_name, column_name, referenced_table_schema,
  referenced_table_name, referenced_column_name FROM information_schema.key_column_usage
  WHERE (table_schema IN (?) OR referenced_table_schema IN (?)) AND referenced_table_name IS NOT NULL
  ORDER BY table_schema, table_name, constraint_name, ordinal_position`;

/**
 * For a table that this transaction has loaded. Indexes other than the primary key do not say which of their entries
 * the transaction sees: for each entry, the row itself would be looked up, in random order.
 */
export const WITHOUT_INDEXES = 'USE INDEX ()';
/** Used as a limit, without which the order of a derived table is not kept. */
const EVERYTHING = '18446744073709551615';
const INTEGER = /^(tiny|small|medium|big)?int\b/;

/** A foreign key with the pairs of its columns. */
export interface ForeignKey {
  readonly name: string;
  readonly from: TableLocation;
  readonly to: TableLocation;
  readonly columns: Array<readonly [from: string, to: string]>;
}

/**
 * The keys of tables in these databases, and the keys that refer to them from any database that the user may see, since
 * none is enforced during the restore.
 */
export async function readForeignKeys(connection: MysqlConnection, names: Names): Promise<ForeignKey[]> {
  const keys = new Map<string, ForeignKey>();
  for (const row of await readInformation(connection, KEYS, names, 2)) {
    const [schema, table, name, column, toSchema, toTable, toColumn] = row as string[];
    if (!names.covers(schema!) && !names.covers(toSchema!)) continue;
    const key = JSON.stringify([schema, table, name]);
    const [from, to] = [names.locate(schema!, table!), names.locate(toSchema!, toTable!)];
    const known = keys.get(key) ?? { name: name!, from, to, columns: [] };
    known.columns.push([column!, toColumn!]);
    keys.set(key, known);
  }
  return [...keys.values()];
}

/**
 * @param lock for a locking read, which sees what others have committed in the meantime
 * @throws BackupError `RESTORE_REFUSED` when rows of a table outside of the list refer to a table that is emptied
 */
export async function refuseOutsideRows(
  connection: MysqlConnection,
  names: Names,
  keys: readonly ForeignKey[],
  tables: readonly CatalogTable[],
  lock: '' | 'LOCK IN SHARE MODE' = '',
): Promise<void> {
  const inside = new Set(tables.map(locationKey));
  for (const { name, from, to, columns } of keys) {
    if (inside.has(locationKey(from)) || !inside.has(locationKey(to))) continue;
    const set = columns.map(([column]) => `${quoteIdentifier(column, '`')} IS NOT NULL`).join(' AND ');
    const refers = `table "${modelName(from)}", which is not restored, refers to table "${modelName(to)}" (foreign key "${name}")`;
    const sql = `SELECT 1 FROM ${names.sql(from)} WHERE ${set} LIMIT 1 ${lock}`;
    const rows = await connection.texts(sql).catch((error: unknown) => {
      if (!DENIED.has(errorNumber(error))) throw tableFailure(modelName(from), error);
      throw restoreRefused(`${refers}, and may not be read`, 'Grant the database user SELECT on it.');
    });
    if (rows.length > 0) throw restoreRefused(refers, 'Empty it, or restore it too.');
  }
}

type Pairs = ReadonlyArray<readonly [from: string, to: string]>;

const joined = (pairs: Pairs) => pairs.map(([one, other]) => `p.${other} = c.${one}`).join(' AND ');
const allSet = (pairs: Pairs) => pairs.map(([one]) => `c.${one} IS NOT NULL`).join(' AND ');

/** Rows of a loaded table whose referenced row is missing. Each value once and in order: no page is read twice. */
function violationOfOurs(child: string, parent: string, pairs: Pairs): string {
  const list = pairs.map(([one]) => `c.${one}`).join(', ');
  const values = `SELECT DISTINCT ${list} FROM ${child} c ${WITHOUT_INDEXES} WHERE ${allSet(pairs)} ORDER BY ${list}`;
  return `SELECT 1 FROM (${values} LIMIT ${EVERYTHING}) c LEFT JOIN ${parent} p ON ${joined(pairs)}
    WHERE p.${pairs[0]![1]} IS NULL LIMIT 1`;
}

/**
 * The number of all rows of a loaded table, and of the values whose referenced row is missing: the count takes no pass
 * of its own over the table. For a key that `joinsOneRow`.
 */
function rowsAndViolations(child: string, parent: string, pairs: Pairs): string {
  const list = pairs.map(([one]) => `c.${one}`).join(', ');
  const values = `SELECT ${list}, COUNT(*) AS n FROM ${child} c ${WITHOUT_INDEXES} GROUP BY ${list} ORDER BY ${list}`;
  return `SELECT COALESCE(SUM(c.n), 0), COALESCE(SUM(${allSet(pairs)} AND p.${pairs[0]![1]} IS NULL), 0)
    FROM (${values} LIMIT ${EVERYTHING}) c LEFT JOIN ${parent} p ON ${joined(pairs)}`;
}

/**
 * Whether a value of the key is equal to one row at most: integers, of the same type, that refer to the primary key.
 * Collations, in which more may be equal, are not compared.
 */
function joinsOneRow({ from, to, columns }: ForeignKey, tables: readonly CatalogTable[]): boolean {
  const [child, parent] = [from, to].map((wanted) => tables.find((one) => locationKey(one) === locationKey(wanted))!);
  // A primary key is known without its generated columns.
  if (parent!.columns.some(({ generated }) => generated)) return false;
  const referenced = new Set(columns.map(([, column]) => column));
  if (referenced.size !== parent!.primaryKey.length) return false;
  const typeIn = (table: CatalogTable, name: string) => table.columns.find((column) => column.name === name)?.type;
  return columns.every(([one, other]) => {
    const type = typeIn(parent!, other) ?? '';
    return INTEGER.test(type) && type === typeIn(child!, one) && parent!.primaryKey.includes(other);
  });
}

/** Their number. */
function violationsOfOurs(child: string, parent: string, pairs: Pairs): string {
  return `SELECT COUNT(*) FROM ${child} c ${WITHOUT_INDEXES} LEFT JOIN ${parent} p ON ${joined(pairs)}
    WHERE ${allSet(pairs)} AND p.${pairs[0]![1]} IS NULL`;
}

/** The same if one of the two is not restored: its rows may have changed since, and must not until the commit. */
function violationOfOthers(child: string, parent: string, pairs: Pairs): string {
  return `SELECT 1 FROM ${child} c LEFT JOIN ${parent} p ON ${joined(pairs)}
    WHERE ${allSet(pairs)} AND p.${pairs[0]![1]} IS NULL LIMIT 1 LOCK IN SHARE MODE`;
}

interface CheckCallbacks {
  /** Called for rows that violated a constraint in the source already. */
  warn(sentence: string): void;
  /** Whether the number of a table's rows is wanted, which may come with the check of one of its keys. */
  isUncounted(table: TableLocation): boolean;
  counted(table: TableLocation, rows: number): void;
}

/**
 * Checks every foreign key that involves one of the tables. Switching the server's own checks on again checks nothing.
 * @param known constraints of the archive's source, which its rows may have violated already
 * @throws BackupError `RESTORE_FAILED`
 */
export async function checkForeignKeys(
  connection: MysqlConnection,
  names: Names,
  keys: readonly ForeignKey[],
  tables: readonly CatalogTable[],
  known: KnownConstraints | undefined,
  { warn, counted, isUncounted }: CheckCallbacks,
): Promise<void> {
  const inside = new Set(tables.map(locationKey));
  for (const key of keys) {
    const { name, from, to, columns } = key;
    const own = [from, to].filter((table) => inside.has(locationKey(table))).length;
    if (own === 0) continue;
    const pairs = columns.map(([one, other]) => [quoteIdentifier(one, '`'), quoteIdentifier(other, '`')] as const);
    const [child, parent] = [names.sql(from), names.sql(to)];
    const ask = (sql: string) =>
      connection.texts(sql).catch((error: unknown) => {
        throw statementFailure(from, `its foreign key "${name}" could not be checked`, error);
      });
    if (own === 2 && isUncounted(from) && joinsOneRow(key, tables)) {
      const [[all, violating] = []] = await ask(rowsAndViolations(child, parent, pairs));
      counted(from, Number(all));
      if (Number(violating) === 0) continue;
    } else {
      const sql = own === 2 ? violationOfOurs(child, parent, pairs) : violationOfOthers(child, parent, pairs);
      if ((await ask(sql)).length === 0) continue;
    }
    if (mayViolate(known, locationKey(from), [textOf(key)], [locationKey(to)])) {
      const [[count] = []] = await connection.texts(violationsOfOurs(child, parent, pairs));
      warn(keptOrphans(Number(count), modelName(from), `"${name}"`, modelName(to)));
      continue;
    }
    const problem = `a row of table "${modelName(from)}" refers to a row of "${modelName(to)}" that does not exist`;
    throw restoreFailed(`${problem} (foreign key "${name}")`);
  }
}

function textOf({ columns, to }: ForeignKey): string {
  return foreignKeyText(
    columns.map(([one]) => one),
    to,
    columns.map(([, other]) => other),
  );
}
