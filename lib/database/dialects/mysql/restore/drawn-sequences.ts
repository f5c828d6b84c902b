import { locationKey, type TableLocation } from '../../../table-location.js';
import { readInformation } from '../catalog.js';
import type { Names } from '../names.js';
import type { Session } from '../session.js';

const DEFAULTS = `SELECT table_schema, table_name, column_default FROM information_schema.columns
  WHERE table_schema IN (?) AND column_default LIKE '%nextval(%'`;

/** A literal, in which a call is none. */
const TEXT = /'(?:[^'\\]|''|\\[\s\S])*'/g;

/** MariaDB's sequences, without those that only tables draw from which are not loaded: their rows stay, too. */
export async function restorableSequences(
  session: Session,
  names: Names,
  sequences: readonly TableLocation[],
  loaded: readonly TableLocation[],
): Promise<TableLocation[]> {
  if (sequences.length === 0) return [];
  const inside = new Set(loaded.map(locationKey));
  const rows = (await readInformation(session, DEFAULTS, names)).filter(([schema]) => names.covers(schema!));
  return sequences.filter((sequence) => {
    const call = `nextval(${names.sql(sequence)})`;
    const users = rows.filter(([, , expression]) => expression!.replaceAll(TEXT, '').includes(call));
    return (
      users.length === 0 || users.some(([schema, table]) => inside.has(locationKey(names.locate(schema!, table!))))
    );
  });
}
