import type { SequenceState } from '../../catalog-table.js';
import { modelName } from '../../table-location.js';
import { oidsOf, type PgTable, USER_RELATION } from './catalog.js';
import type { PgClient } from './connection.js';

/**
 * The columns that use each sequence: its owner, and those whose default names it. Without a session's temporary
 * tables, which are short-lived and which nobody else can read.
 */
export const DRAWN_BY = `
  SELECT sequence, relation, number FROM (
    SELECT d.objid AS sequence, d.refobjid AS relation, d.refobjsubid AS number FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
      AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
    UNION
    SELECT d.refobjid, ad.adrelid, ad.adnum FROM pg_depend d JOIN pg_attrdef ad ON ad.oid = d.objid
    WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass) AS found
  JOIN pg_class drawing ON drawing.oid = relation AND drawing.relpersistence <> 't'`;

/**
 * Sequences that a table uses, and those of its schema that no table uses: the application uses them directly, or in
 * one of its functions.
 * @param $1 the oids of the tables
 */
const SEQUENCES = `
  WITH users AS (${DRAWN_BY})
  SELECT n.nspname AS schema, c.relname AS name, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS "sqlName"
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'S' AND ${USER_RELATION} AND (
    c.oid IN (SELECT sequence FROM users WHERE relation = ANY($1::oid[]))
    OR c.oid NOT IN (SELECT sequence FROM users)
      AND n.oid IN (SELECT s.relnamespace FROM pg_class s WHERE s.oid = ANY($1::oid[]))
      AND has_schema_privilege(n.oid, 'USAGE') AND has_sequence_privilege(c.oid, 'SELECT'))
  ORDER BY n.nspname, c.relname`;

const PER_QUERY = 100;

/** The state of a sequence. */
export interface Position {
  readonly value: bigint;
  /** Whether the value has been handed out. */
  readonly called: boolean;
}

/** The sequences of some tables. They are not part of any snapshot, so they are read after the rows. */
export async function readSequences(
  client: PgClient,
  defaultSchema: string,
  tables: readonly PgTable[],
): Promise<SequenceState[]> {
  const { rows } = await client.query(SEQUENCES, [oidsOf(tables)]);
  const sequences = rows as Array<{ schema: string; name: string; sqlName: string }>;
  const positions = await readPositions(
    client,
    sequences.map(({ sqlName }) => sqlName),
  );
  return sequences.map(({ schema, name }, index) => ({
    name: modelName({ schema: schema === defaultSchema ? null : schema, name }),
    value: String(positions[index]!.value),
    called: positions[index]!.called,
  }));
}

/** @param names qualified and quoted */
export async function readPositions(client: PgClient, names: readonly string[]): Promise<Position[]> {
  const positions: Position[] = [];
  for (let start = 0; start < names.length; start += PER_QUERY) {
    const selects = names
      .slice(start, start + PER_QUERY)
      .map((name, index) => `SELECT ${index} AS i, last_value::text AS value, is_called AS called FROM ${name}`);
    const { rows } = await client.query(`${selects.join(' UNION ALL ')} ORDER BY i`);
    for (const { value, called } of rows) positions.push({ value: BigInt(String(value)), called: called === true });
  }
  return positions;
}
