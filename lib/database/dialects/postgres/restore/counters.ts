import { restoreFailed } from '../../../../errors/restore-errors.js';
import type { SequenceState } from '../../../catalog-table.js';
import { modelName } from '../../../table-location.js';
import { oidsOf, ownRelations, type PgTable, rowsOf, USER_RELATION } from '../catalog.js';
import type { PgClient } from '../connection.js';
import { DRAWN_BY, type Position, readPositions } from '../sequences.js';

/**
 * The sequences used by loaded tables, with all columns that use them, and those of their schemas that no column uses.
 * A column is countable when its type is numeric, and all its rows are on this server and visible to this role.
 * @param $1 the oids of the loaded tables
 */
const SEQUENCES = `
  WITH drawn AS (${DRAWN_BY}), users AS (
    SELECT drawn.sequence, json_agg(json_build_object('oid', r.oid::int8,
      'rows', CASE r.relkind WHEN 'r' THEN 'ONLY ' ELSE '' END || r.oid::regclass::text,
      'root', coalesce(pg_partition_root(r.oid), r.oid)::oid::int8, 'column', quote_ident(a.attname),
      'countable', coalesce(nullif(t.typbasetype, 0), t.oid)
        IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype, 'float4'::regtype, 'float8'::regtype)
        AND has_column_privilege(r.oid, a.attnum, 'SELECT') AND NOT row_security_active(r.oid)
        AND (r.oid = ANY($1::oid[]) OR r.relkind = 'r' OR r.relkind = 'p' AND NOT EXISTS (
          SELECT FROM pg_partition_tree(r.oid) part JOIN pg_class p ON p.oid = part.relid WHERE p.relkind = 'f')))) AS list,
      bool_or(r.oid = ANY($1::oid[])) AS loaded
    FROM drawn JOIN pg_class r ON r.oid = drawn.relation
      JOIN pg_attribute a ON a.attrelid = drawn.relation AND a.attnum = drawn.number
      JOIN pg_type t ON t.oid = a.atttypid
    GROUP BY drawn.sequence)
  SELECT n.nspname AS schema, c.relname AS name, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS "sqlName",
    s.seqincrement::text AS increment, s.seqmin::text AS least, s.seqmax::text AS most, s.seqcycle AS cycles,
    pg_has_role(c.relowner, 'USAGE') AS owned, has_sequence_privilege(c.oid, 'SELECT') AS readable, coalesce(users.list, '[]') AS users
  FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN users ON users.sequence = c.oid
  WHERE ${USER_RELATION} AND (users.loaded OR users.sequence IS NULL AND pg_has_role(c.relowner, 'USAGE')
    AND n.oid IN (SELECT l.relnamespace FROM pg_class l WHERE l.oid = ANY($1::oid[])))`;

interface User {
  readonly oid: number;
  /** What a query has to read to see its rows. */
  readonly rows: string;
  readonly root: number;
  readonly column: string;
  readonly countable: boolean;
}
interface Sequence {
  readonly schema: string;
  readonly name: string;
  readonly sqlName: string;
  readonly increment: string;
  readonly least: string;
  readonly most: string;
  /** It cycles, and hands out keys that already exist. */
  readonly cycles: boolean;
  /** Whether this role may set it in a way that a rollback undoes. */
  readonly owned: boolean;
  readonly readable: boolean;
  readonly users: readonly User[];
}

/**
 * Sets the sequences of the loaded tables as they were saved, but above all existing keys. One that other tables use
 * too is never set back, and one that only others use is not theirs: it is neither read nor set.
 * @throws BackupError `RESTORE_FAILED`, naming a sequence that another role would have to set
 */
export async function setCounters(
  client: PgClient,
  defaultSchema: string,
  tables: readonly PgTable[],
  saved: readonly SequenceState[],
): Promise<void> {
  const states = new Map(saved.map((state) => [state.name, state]));
  const loaded = new Map(tables.flatMap((table) => ownRelations(table).map(({ oid }) => [oid, table] as const)));
  const found = (await client.query(SEQUENCES, [oidsOf(tables)])).rows as unknown as Sequence[];
  const concerned = found
    .map((sequence) => {
      const { schema, name } = sequence;
      return { sequence, state: states.get(modelName({ schema: schema === defaultSchema ? null : schema, name })) };
    })
    .filter(({ sequence, state }) => sequence.users.length > 0 || state);
  const hidden = concerned.find(({ sequence }) => !sequence.readable);
  if (hidden) throw restoreFailed(notOurs(hidden.sequence));
  const present = await readPositions(
    client,
    concerned.map(({ sequence }) => sequence.sqlName),
  );
  for (const [index, { sequence, state }] of concerned.entries()) {
    const now = present[index]!;
    const isShared = sequence.users.length === 0 || sequence.users.some(({ oid }) => !loaded.has(oid));
    const wanted = [
      ...(state ? [{ value: BigInt(state.value), called: state.called !== false }] : []),
      ...(state && sequence.cycles ? [] : await keysThere(client, sequence, loaded)),
    ];
    if (wanted.length === 0) continue;
    const from = (there: Position) => furthestOf(isShared ? [there, ...wanted] : wanted, BigInt(sequence.increment));
    if (isSame(from(now), now)) continue;
    if (!sequence.owned) throw restoreFailed(notOurs(sequence));
    await lock(client, sequence);
    const [last] = isShared ? await readPositions(client, [sequence.sqlName]) : [now];
    await set(client, sequence.sqlName, from(last!));
  }
}

function notOurs({ schema, name }: Sequence): string {
  return `the sequence "${schema}.${name}" has to go on behind the restored rows, and the database role of the application does not own it`;
}

/** The last key of each column. What the sequence cannot hand out does not matter. */
async function keysThere(
  client: PgClient,
  { users, increment, least, most }: Sequence,
  loaded: ReadonlyMap<number, PgTable>,
): Promise<Position[]> {
  const extreme = BigInt(increment) > 0n ? 'max' : 'min';
  const positions: Position[] = [];
  for (const { oid, rows: all, root, column, countable } of users) {
    // A partition's column is counted with the whole table's.
    if (!countable || (root !== oid && users.some((user) => user.oid === root && user.column === column))) continue;
    const ours = loaded.get(oid);
    const from = ours?.oid === oid ? rowsOf(ours) : all;
    const { rows } = await client.query(
      `SELECT trunc(${extreme}(${column}))::int8::text AS key FROM ${from} WHERE ${column} BETWEEN ${least} AND ${most}`,
    );
    if (typeof rows[0]?.key === 'string') positions.push({ value: BigInt(rows[0].key), called: true });
  }
  return positions;
}

function furthestOf(positions: readonly Position[], increment: bigint): Position {
  const next = ({ value, called }: Position) => (called ? value + increment : value);
  return positions.reduce((one, other) =>
    next(other) !== next(one) && next(other) > next(one) === increment > 0n ? other : one,
  );
}

function isSame(one: Position, other: Position): boolean {
  return one.value === other.value && one.called === other.called;
}

/**
 * Nobody uses it until the end of the transaction. An ALTER that changes nothing gives the sequence new storage in this
 * transaction, so that setval() is undone with it.
 */
async function lock(client: PgClient, { sqlName, increment }: Sequence): Promise<void> {
  await client.query(`ALTER SEQUENCE ${sqlName} INCREMENT BY ${increment}`);
}

async function set(client: PgClient, sqlName: string, { value, called }: Position): Promise<void> {
  await client.query(`SELECT setval('${sqlName.replaceAll("'", "''")}', $1::int8, $2)`, [String(value), called]);
}
