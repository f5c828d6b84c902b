import type { Names } from '../names.js';
import type { Session } from '../session.js';
import { setCounters, setSequences } from './counters.js';
import { clearUndo, settleMark } from './restore-record.js';
import { dropProbe } from './probe.js';
import { createTriggers } from './put-triggers.js';

/** Does what a restore's end leaves to be done, committed or not. Begun again after a kill, it goes on where it was. */
export async function settle(session: Session, names: Names, id: string): Promise<void> {
  const mark = await settleMark(session, names, id);
  if (!mark?.undo) return;
  const { triggers, collations, counters, sequences } = mark.undo;
  await dropProbe(session, names);
  await createTriggers(session, names, triggers, collations);
  await setCounters(session, names, counters);
  await setSequences(session, names, sequences);
  await clearUndo(session, names, id);
}
