import { isAscii } from 'node:buffer';
import { BackupError } from '../../../../errors/backup-error.js';
import { restoreRefused } from '../../../../errors/restore-errors.js';
import type { CatalogTable } from '../../../catalog-table.js';
import { locationKey, modelName, type TableLocation } from '../../../table-location.js';
import { quoteIdentifier } from '../../quote.js';
import { readInformation } from '../catalog.js';
import type { MysqlConnection } from '../connection.js';
import { DENIED, errorNumber, NO_SUCH_TABLE } from '../errors.js';
import type { Names } from '../names.js';
import { statementFailure } from './errors.js';
import { STRICT_MODE } from './settings.js';
import type { Trigger, Undo } from './undo-record.js';

const TRIGGERS = `SELECT event_object_schema, event_object_table, trigger_name, definer FROM information_schema.triggers
  WHERE event_object_schema IN (?)
  ORDER BY event_object_schema, event_object_table, event_manipulation, action_timing, action_order`;

const NAMES = `SELECT trigger_schema, trigger_name FROM information_schema.triggers WHERE trigger_schema IN (?)`;

export interface FoundTrigger {
  readonly trigger: Trigger;
  readonly definer: string;
}

/** The triggers of the tables, in the order in which they fire. */
export async function readTriggers(
  connection: MysqlConnection,
  names: Names,
  tables: readonly CatalogTable[],
): Promise<FoundTrigger[]> {
  const wanted = new Set(tables.map(locationKey));
  const found: FoundTrigger[] = [];
  for (const [schema, tableName, name, definer] of await readInformation(connection, TRIGGERS, names)) {
    if (!names.covers(schema!)) continue;
    const table = names.locate(schema!, tableName!);
    if (!wanted.has(locationKey(table))) continue;
    const [mode, sql, client, collation, database] = await showTrigger(connection, names, table, name!);
    const trigger = {
      table,
      name: name!,
      sql,
      mode: mode!,
      client: client!,
      connection: collation!,
      database: database!,
    };
    refuseOldText(trigger);
    found.push({ trigger, definer: definer! });
  }
  return found;
}

type Shown = [mode: string, sql: string, client: string, collation: string, database: string];

async function showTrigger(
  connection: MysqlConnection,
  names: Names,
  table: TableLocation,
  name: string,
): Promise<Shown> {
  const rows = await connection
    .texts(`SHOW CREATE TRIGGER ${names.sql({ ...table, name })}`)
    .catch((error: unknown) => {
      if (DENIED.has(errorNumber(error))) return [];
      throw error;
    });
  const shown = rows[0]?.slice(1, 6);
  if (shown?.every((cell) => cell !== null)) return shown as Shown;
  throw refusal(name, modelName(table), 'may not be read', 'Grant the database user TRIGGER on the database.');
}

/** The server keeps the original bytes of the text, and only UTF-8 can be sent again. */
function refuseOldText({ table, name, sql, client }: Trigger): void {
  if (/^utf8(mb[34])?$/.test(client) || isAscii(Buffer.from(sql))) return;
  const problem = `was created by a client in ${client} and could not be re-created with its non-ASCII characters`;
  throw refusal(name, modelName(table), problem, 'Create it again over a connection in utf8mb4.');
}

function refusal(name: string, model: string, problem: string, remedy: string): BackupError {
  return restoreRefused(`the trigger "${name}" of table "${model}" ${problem}`, remedy);
}

/** The last one first: at any moment those that remain are the first ones, after which the others can be re-created. */
export async function dropTriggers(
  connection: MysqlConnection,
  names: Names,
  triggers: readonly Trigger[],
): Promise<void> {
  for (const { table, name } of triggers.toReversed()) {
    try {
      await connection.query(`DROP TRIGGER IF EXISTS ${names.sql({ ...table, name })}`);
    } catch (error) {
      throw statementFailure(table, `the trigger "${name}" could not be dropped`, error);
    }
  }
}

/** Creates the missing ones, as they were. */
export async function createTriggers(
  connection: MysqlConnection,
  names: Names,
  triggers: readonly Trigger[],
  collations: Undo['collations'],
): Promise<void> {
  if (triggers.length === 0) return;
  const key = ({ table, name }: Pick<Trigger, 'table' | 'name'>) => locationKey({ schema: table.schema, name });
  const rows = await connection.texts(NAMES, [names.databases]);
  const present = new Set(rows.map(([schema, name]) => key({ table: names.locate(schema!, ''), name: name! })));
  try {
    for (const trigger of triggers) if (!present.has(key(trigger))) await createTrigger(connection, names, trigger);
  } finally {
    if (!connection.lost.aborted) await resetSession(connection, names, collations);
  }
}

async function createTrigger(connection: MysqlConnection, names: Names, trigger: Trigger): Promise<void> {
  const { table, name, sql, mode, client, connection: collation, database } = trigger;
  try {
    await connection.query(`USE ${quoteIdentifier(table.schema ?? names.database, '`')}`);
    await setCollation(connection, table.schema ?? names.database, database);
    await connection.query('SET SESSION sql_mode = ?, character_set_client = ?, collation_connection = ?', [
      mode,
      client,
      collation,
    ]);
    await connection.query(sql);
  } catch (error) {
    if (errorNumber(error) === NO_SUCH_TABLE) return; // Its table was dropped in the meantime.
    throw statementFailure(table, `the trigger "${name}" could not be re-created yet`, error);
  }
}

/** A trigger takes its database's collation when it is created, and keeps it when that changes. */
async function setCollation(connection: MysqlConnection, database: string, collation: string): Promise<void> {
  const [row] = await connection.texts(
    'SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = ?',
    [database],
  );
  if (row![0] === collation) return;
  await connection.query(`ALTER DATABASE ${quoteIdentifier(database, '`')} COLLATE ${quoteIdentifier(collation, '`')}`);
}

async function resetSession(connection: MysqlConnection, names: Names, collations: Undo['collations']): Promise<void> {
  await connection.query('SET NAMES utf8mb4');
  await connection.query('SET SESSION sql_mode = ?', [STRICT_MODE]);
  await connection.query(`USE ${quoteIdentifier(names.database, '`')}`);
  for (const [database, collation] of Object.entries(collations)) await setCollation(connection, database, collation);
}
