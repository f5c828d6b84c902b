import { modelName } from '../../../table-location.js';
import type { SequenceState } from '../../dialect.js';
import type { PgTable } from '../catalog.js';
import type { PgClient } from '../connection.js';

/**
 * Every sequence of the database, with the columns that draw from it: owners and defaults. Partitions have their parent's.
 * A column is countable when its type is a number and this role sees all of its rows.
 */
const SEQUENCES = `
  SELECT n.nspname AS schema, c.relname AS name, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS "sqlName",
    s.seqincrement::text AS increment, s.seqmin::text AS least, s.seqmax::text AS most,
    coalesce((SELECT json_agg(json_build_object('oid', r.oid::int8, 'table', r.oid::regclass::text,
        'column', quote_ident(a.attname), 'countable', coalesce(nullif(t.typbasetype, 0), t.oid)
          IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype, 'float4'::regtype, 'float8'::regtype)
          AND has_column_privilege(r.oid, a.attnum, 'SELECT') AND NOT row_security_active(r.oid)))
      FROM (
        SELECT d.refobjid AS relation, d.refobjsubid AS number FROM pg_depend d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
          AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
        UNION
        SELECT ad.adrelid, ad.adnum FROM pg_depend d JOIN pg_attrdef ad ON ad.oid = d.objid
        WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid
      ) AS users
      JOIN pg_class r ON r.oid = users.relation AND NOT r.relispartition
      JOIN pg_attribute a ON a.attrelid = users.relation AND a.attnum = users.number
      JOIN pg_type t ON t.oid = a.atttypid), '[]') AS users
  FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace`;

interface SequenceRow {
  schema: string;
  name: string;
  sqlName: string;
  increment: string;
  least: string;
  most: string;
  users: Array<{ oid: number; table: string; column: string; countable: boolean }>;
}

/**
 * Sets the sequences as they were saved, but past every key that is there, those of tables that are not loaded included. A
 * sequence of such a table whose keys cannot be counted stays as it is.
 */
export async function setCounters(
  client: PgClient,
  defaultSchema: string,
  tables: readonly PgTable[],
  saved: readonly SequenceState[],
): Promise<void> {
  const states = new Map(saved.map((state) => [state.name, state]));
  const loaded = new Set(tables.map(({ oid }) => oid));
  for (const sequence of (await client.query(SEQUENCES)).rows as unknown as SequenceRow[]) {
    const { schema, name, sqlName, least, most, users } = sequence;
    if (!users.every(({ oid, countable }) => countable || loaded.has(oid))) continue;
    const state = states.get(modelName({ schema: schema === defaultSchema ? null : schema, name }));
    const increment = BigInt(sequence.increment);
    const candidates: Counter[] = state ? [{ value: BigInt(state.value), called: state.called !== false }] : [];
    for (const { table, column } of users.filter(({ countable }) => countable)) {
      const extreme = increment > 0n ? 'max' : 'min';
      // What it cannot draw is in nobody's way.
      const drawn = `${column} BETWEEN ${least} AND ${most}`;
      const { rows } = await client.query(
        `SELECT trunc(${extreme}(${column}))::int8::text AS key FROM ${table} WHERE ${drawn}`,
      );
      if (typeof rows[0]?.key === 'string') candidates.push({ value: BigInt(rows[0].key), called: true });
    }
    if (candidates.length === 0) continue;
    const next = ({ value, called }: Counter) => (called ? value + increment : value);
    const furthest = candidates.reduce((one, other) =>
      next(other) > next(one) === increment > 0n && next(other) !== next(one) ? other : one,
    );
    await set(client, sqlName, furthest);
  }
}

interface Counter {
  readonly value: bigint;
  readonly called: boolean;
}

/** After ALTER SEQUENCE … RESTART the sequence has storage of its own in this transaction, so setval() is undone with it. */
async function set(client: PgClient, sqlName: string, { value, called }: Counter): Promise<void> {
  await client.query(`ALTER SEQUENCE ${sqlName} RESTART`);
  await client.query(`SELECT setval('${sqlName.replaceAll("'", "''")}', $1::int8, $2)`, [String(value), called]);
}
