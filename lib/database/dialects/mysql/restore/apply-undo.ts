import type { MysqlConnection } from '../connection.js';
import type { Names } from '../names.js';
import { setCounters, setSequences } from './counters.js';
import { dropProbe } from './probe.js';
import { clearUndo, settleMark } from './restore-record.js';
import { createTriggers } from './triggers.js';

/**
 * Does what remains at the end of a restore, committed or not. Run again after a kill, it continues where it stopped.
 */
export async function settle(connection: MysqlConnection, names: Names, id: string): Promise<void> {
  const mark = await settleMark(connection, names, id);
  if (!mark?.undo) return;
  const { triggers, collations, counters, sequences } = mark.undo;
  await dropProbe(connection, names);
  await createTriggers(connection, names, triggers, collations);
  await setCounters(connection, names, counters);
  await setSequences(connection, names, sequences);
  await clearUndo(connection, names, id);
}
