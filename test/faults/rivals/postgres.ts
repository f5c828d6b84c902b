import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { TestDatabase } from '../../fixtures/databases.js';
import { until } from '../../fixtures/wait.js';
import { type Conflict, FIRST, type Meeting, OTHERS, type Rival, withRivals } from './rival.js';

/** Whoever waits this long looks for a deadlock, and is its victim. */
const DETECTS_AFTER_MS = 200;
const DETECT_SOON = `DO $$ BEGIN
  EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = ${DETECTS_AFTER_MS}', current_database()); END $$`;
const STARTS_WITHIN_MS = 20_000;

async function connect({ options }: TestDatabase): Promise<Rival> {
  const client = new pg.Client({ connectionString: (options as unknown as { url: string }).url });
  client.on('error', () => {});
  await client.connect();
  await client.query(`SET deadlock_timeout = '1h'`);
  return { query: async (sql) => (await client.query(sql)).rows, end: () => client.end() };
}

const blocked = ({ database }: Meeting, count = 1) =>
  until(
    'it waits for a lock',
    async () => {
      const [row] = await database.query(`SELECT count(DISTINCT pid) AS n FROM pg_locks WHERE NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
      return Number(row!.n) >= count;
    },
    STARTS_WITHIN_MS,
  );

/** Locks that a restore runs into when it begins, and one that it meets when its rows are loaded. */
const inTheWayOfRestores = [
  ...OTHERS.map((table) => `UPDATE ${table} SET id = id WHERE id < 3`),
  ...OTHERS.map((table) => `SELECT 1 FROM ${table} LIMIT 1`),
  'ALTER SEQUENCE project_id_seq CACHE 1',
];

/** It holds one lock, and asks for another that is held by whom it keeps waiting. */
async function deadlock(meeting: Meeting, holds: string, asks: string): Promise<string> {
  const { chance, database, run } = meeting;
  return withRivals(
    () => connect(database),
    1,
    async (rival) => {
      await rival!.query('BEGIN');
      await rival!.query(holds);
      const running = run();
      await blocked(meeting);
      await sleep(chance.between(0, DETECTS_AFTER_MS / 4));
      const asking = rival!.query(asks);
      await Promise.race([asking, running]);
      await sleep(chance.between(0, 200));
      await asking;
      await rival!.query('ROLLBACK');
      return running;
    },
  );
}

async function lockTimeout({ database, run }: Meeting, holds: string): Promise<string> {
  return withRivals(
    () => connect(database),
    1,
    async (rival) => {
      await rival!.query('BEGIN');
      await rival!.query(holds);
      return run();
    },
  );
}

export const postgresConflicts: readonly Conflict[] = [
  {
    name: 'a deadlock of which it is the victim',
    of: 'backup',
    ends: ['whole'],
    prepare: [DETECT_SOON],
    meet: (meeting) =>
      deadlock(meeting, `LOCK TABLE ${meeting.chance.of(OTHERS)}`, `LOCK TABLE ${FIRST} IN ACCESS EXCLUSIVE MODE`),
  },
  {
    name: 'a table that stays locked',
    of: 'backup',
    lasts: true,
    ends: ['DATABASE_BUSY'],
    meet: (meeting) => lockTimeout(meeting, `LOCK TABLE ${meeting.chance.of([FIRST, ...OTHERS])}`),
  },
  {
    name: 'a deadlock of which it is the victim',
    of: 'restore',
    ends: ['DATABASE_BUSY'],
    prepare: [DETECT_SOON],
    meet: (meeting) => deadlock(meeting, meeting.chance.of(inTheWayOfRestores), `SELECT count(*) FROM ${FIRST}`),
  },
  {
    name: 'a lock that is not given up',
    of: 'restore',
    lasts: true,
    ends: ['DATABASE_BUSY'],
    meet: (meeting) => lockTimeout(meeting, meeting.chance.of(inTheWayOfRestores)),
  },
  {
    // READ COMMITTED meets none by itself, so that a constraint of the application's raises it, at a random row.
    name: 'a serialization failure',
    of: 'restore',
    ends: ['RESTORE_FAILED'],
    prepare: [
      'CREATE TABLE unlucky_row (id int)',
      `CREATE FUNCTION public.is_lucky(row_id int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
        IF EXISTS (SELECT FROM public.unlucky_row u WHERE u.id = row_id) THEN
          RAISE EXCEPTION 'could not serialize access' USING ERRCODE = 'serialization_failure';
        END IF; RETURN true; END $$`,
      `ALTER TABLE ${FIRST} ADD CONSTRAINT lucky CHECK (public.is_lucky(id))`,
    ],
    async meet({ database, chance, run }) {
      const [row] = await database.query(`SELECT min(id) AS low, max(id) AS high FROM ${FIRST}`);
      await database.query('INSERT INTO unlucky_row VALUES ($1)', [chance.between(row!.low, row!.high)]);
      return run().finally(() => database.query('DELETE FROM unlucky_row'));
    },
  },
];
