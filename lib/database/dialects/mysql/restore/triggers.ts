import { isAscii } from 'node:buffer';
import { BackupError } from '../../../../errors/backup-error.js';
import { restoreRefused } from '../../../../errors/restore-errors.js';
import { locationKey, modelName, type TableLocation } from '../../../table-location.js';
import type { CatalogTable } from '../../../catalog-table.js';
import { readInformation } from '../catalog.js';
import { DENIED, errorNumber } from '../errors.js';
import type { Names } from '../names.js';
import type { Session } from '../session.js';
import { statementFailure } from './errors.js';
import type { Trigger } from './undo-record.js';

const TRIGGERS = `SELECT event_object_schema, event_object_table, trigger_name, definer FROM information_schema.triggers
  WHERE event_object_schema IN (?)
  ORDER BY event_object_schema, event_object_table, event_manipulation, action_timing, action_order`;

export interface FoundTrigger {
  readonly trigger: Trigger;
  readonly definer: string;
}

/** The triggers of the tables, in the order in which they fire. */
export async function readTriggers(
  session: Session,
  names: Names,
  tables: readonly CatalogTable[],
): Promise<FoundTrigger[]> {
  const wanted = new Set(tables.map(locationKey));
  const found: FoundTrigger[] = [];
  for (const [schema, tableName, name, definer] of await readInformation(session, TRIGGERS, names)) {
    if (!names.covers(schema!)) continue;
    const table = names.locate(schema!, tableName!);
    if (!wanted.has(locationKey(table))) continue;
    const [mode, sql, client, connection, database] = await showTrigger(session, names, table, name!);
    const trigger = {
      table,
      name: name!,
      sql,
      mode: mode!,
      client: client!,
      connection: connection!,
      database: database!,
    };
    refuseOldText(trigger);
    found.push({ trigger, definer: definer! });
  }
  return found;
}

type Shown = [mode: string, sql: string, client: string, connection: string, database: string];

async function showTrigger(session: Session, names: Names, table: TableLocation, name: string): Promise<Shown> {
  const rows = await session.texts(`SHOW CREATE TRIGGER ${names.sql({ ...table, name })}`).catch((error: unknown) => {
    if (DENIED.has(errorNumber(error))) return [];
    throw error;
  });
  const shown = rows[0]?.slice(1, 6);
  if (shown?.every((cell) => cell !== null)) return shown as Shown;
  throw refusal(name, modelName(table), 'may not be read', 'Grant the database user TRIGGER on the database.');
}

/** The server keeps the text's own bytes, and only UTF-8 can be sent again. */
function refuseOldText({ table, name, sql, client }: Trigger): void {
  if (/^utf8(mb[34])?$/.test(client) || isAscii(Buffer.from(sql))) return;
  const problem = `was created by a client in ${client} and could not be put back with its accents`;
  throw refusal(name, modelName(table), problem, 'Create it again over a connection in utf8mb4.');
}

function refusal(name: string, model: string, problem: string, remedy: string): BackupError {
  return restoreRefused(`the trigger "${name}" of table "${model}" ${problem}`, remedy);
}

/** The last one first: at any moment those that are left are the first ones, after which the others can be put back. */
export async function dropTriggers(session: Session, names: Names, triggers: readonly Trigger[]): Promise<void> {
  for (const { table, name } of triggers.toReversed()) {
    try {
      await session.query(`DROP TRIGGER IF EXISTS ${names.sql({ ...table, name })}`);
    } catch (error) {
      throw statementFailure(table, `the trigger "${name}" could not be set aside`, error);
    }
  }
}
