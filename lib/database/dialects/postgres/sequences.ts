import type { SequenceState } from '../dialect.js';
import { quoteIdentifier } from '../quote.js';
import { modelName } from '../../table-location.js';
import type { PgClient } from './connection.js';

const SEQUENCES = `
  SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'S' AND n.nspname NOT LIKE 'pg\\_%' AND NOT EXISTS (SELECT 1 FROM pg_depend x
    WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.deptype = 'e')
  ORDER BY n.nspname, c.relname`;

const PER_QUERY = 100;

/** All sequences of the database. They are outside of every snapshot, so they are read after the rows. */
export async function readSequences(client: PgClient, defaultSchema: string): Promise<SequenceState[]> {
  const sequences = (await client.query(SEQUENCES)).rows as Array<{ schema: string; name: string }>;
  const states: SequenceState[] = [];
  for (let start = 0; start < sequences.length; start += PER_QUERY) {
    const some = sequences.slice(start, start + PER_QUERY);
    const selects = some.map(
      ({ schema, name }, index) =>
        `SELECT ${index} AS i, last_value::text AS value, is_called AS called
         FROM ${quoteIdentifier(schema)}.${quoteIdentifier(name)}`,
    );
    const { rows } = await client.query(`${selects.join(' UNION ALL ')} ORDER BY i`);
    rows.forEach((row, index) => {
      const { schema, name } = some[index]!;
      states.push({
        name: modelName({ schema: schema === defaultSchema ? null : schema, name }),
        value: String(row.value),
        called: row.called === true,
      });
    });
  }
  return states;
}
