import { locationKey } from '../../../table-location.js';
import { quoteIdentifier } from '../../quote.js';
import { errorNumber, NO_SUCH_TABLE } from '../errors.js';
import type { Names } from '../names.js';
import type { Session } from '../session.js';
import { statementFailure } from './errors.js';
import { STRICT_MODE } from './settings.js';
import type { Trigger, Undo } from './undo-record.js';

const NAMES = `SELECT trigger_schema, trigger_name FROM information_schema.triggers WHERE trigger_schema IN (?)`;

/** Creates those that are missing, as they were. */
export async function createTriggers(
  session: Session,
  names: Names,
  triggers: readonly Trigger[],
  collations: Undo['collations'],
): Promise<void> {
  if (triggers.length === 0) return;
  const key = ({ table, name }: Pick<Trigger, 'table' | 'name'>) => locationKey({ schema: table.schema, name });
  const rows = await session.texts(NAMES, [names.databases]);
  const present = new Set(rows.map(([schema, name]) => key({ table: names.locate(schema!, ''), name: name! })));
  try {
    for (const trigger of triggers) if (!present.has(key(trigger))) await createTrigger(session, names, trigger);
  } finally {
    if (!session.lost.aborted) await resetSession(session, names, collations);
  }
}

async function createTrigger(session: Session, names: Names, trigger: Trigger): Promise<void> {
  const { table, name, sql, mode, client, connection, database } = trigger;
  try {
    await session.query(`USE ${quoteIdentifier(table.schema ?? names.database, '`')}`);
    await setCollation(session, table.schema ?? names.database, database);
    await session.query('SET SESSION sql_mode = ?, character_set_client = ?, collation_connection = ?', [
      mode,
      client,
      connection,
    ]);
    await session.query(sql);
  } catch (error) {
    if (errorNumber(error) === NO_SUCH_TABLE) return; // Its table was dropped meanwhile.
    throw statementFailure(table, `the trigger "${name}" could not be put back yet`, error);
  }
}

/** A trigger takes its database's collation when it is created, and keeps it when that changes. */
async function setCollation(session: Session, database: string, collation: string): Promise<void> {
  const [row] = await session.texts(
    'SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = ?',
    [database],
  );
  if (row![0] === collation) return;
  await session.query(`ALTER DATABASE ${quoteIdentifier(database, '`')} COLLATE ${quoteIdentifier(collation, '`')}`);
}

async function resetSession(session: Session, names: Names, collations: Undo['collations']): Promise<void> {
  await session.query('SET NAMES utf8mb4');
  await session.query('SET SESSION sql_mode = ?', [STRICT_MODE]);
  await session.query(`USE ${quoteIdentifier(names.database, '`')}`);
  for (const [database, collation] of Object.entries(collations)) await setCollation(session, database, collation);
}
