import { setTimeout as sleep } from 'node:timers/promises';
import BetterSqlite3 from 'better-sqlite3';
import type { TestDatabase } from '../../fixtures/databases.js';
import { until } from '../../fixtures/wait.js';
import { type Conflict, FIRST, type Meeting, OTHERS, type Rival, withRivals } from './rival.js';

const STARTS_WITHIN_MS = 20_000;
/** Less than the library waits. */
const SOON_MS = 1_000;

/** One that does not wait: waiting would hold the event loop. */
async function connect({ options }: TestDatabase): Promise<Rival> {
  const database = new BetterSqlite3((options as { database: string }).database, { timeout: 0 });
  return {
    query: async (sql) => {
      const statement = database.prepare(sql);
      return statement.reader ? (statement.all() as any[]) : (statement.run(), []);
    },
    end: async () => database.close(),
  };
}

/**
 * SQLite keeps the handles of closed connections while the application's own holds a lock, for the next ones: here are as
 * many as there will be at any time.
 */
export function withManyConnections(database: TestDatabase, work: () => Promise<unknown>): Promise<unknown> {
  return withRivals(
    () => connect(database),
    3,
    async (...rivals) => {
      for (const rival of rivals) await rival.query(`SELECT 1 FROM ${FIRST} LIMIT 1`);
      return work();
    },
  );
}

/** @param stays whether it is there until the other gives up */
async function hold({ database, chance, run }: Meeting, stays: boolean, ...holds: string[]): Promise<string> {
  return withRivals(
    () => connect(database),
    1,
    async (rival) => {
      for (const sql of holds) await rival!.query(sql);
      const running = run();
      if (!stays) {
        await sleep(chance.between(1, SOON_MS));
        await rival!.query('ROLLBACK');
      }
      return running;
    },
  );
}

const READING = ['BEGIN', `SELECT count(*) FROM ${FIRST}`];
const lockOf = ({ chance }: Meeting) => chance.of(['BEGIN IMMEDIATE', 'BEGIN EXCLUSIVE']);
const write = ({ chance }: Meeting) => `UPDATE ${chance.of(OTHERS)} SET id = id`;
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    ({ code }) => code as string,
  );

/** A reader wants to write while the restore waits for it to end: SQLite tells it at once that this is a deadlock. */
async function deadlock(meeting: Meeting): Promise<string> {
  const { database, chance, run } = meeting;
  return withRivals(
    () => connect(database),
    2,
    async (rival, another) => {
      for (const sql of READING) await rival!.query(sql);
      const running = run();
      const commits = async () => (await codeOf(another!.query('SELECT 1 FROM sqlite_master'))) === 'SQLITE_BUSY';
      await until('it waits for readers', commits, STARTS_WITHIN_MS);
      expect(await codeOf(rival!.query(write(meeting)))).toBe('SQLITE_BUSY');
      await sleep(chance.between(0, SOON_MS));
      await rival!.query('ROLLBACK');
      return running;
    },
  );
}

/** A reader of the old state wants to write upon it when it is no longer the state. */
async function serializationFailure(meeting: Meeting): Promise<string> {
  const { database, chance, run } = meeting;
  return withRivals(
    () => connect(database),
    1,
    async (rival) => {
      const running = run();
      await sleep(chance.between(0, 20));
      for (const sql of READING) await rival!.query(sql);
      const seen = await rival!.query(`SELECT id FROM ${FIRST}`);
      const ended = await running;
      expect(await rival!.query(`SELECT id FROM ${FIRST}`)).toEqual(seen);
      // Unless it began after the restore.
      expect(['SQLITE_BUSY_SNAPSHOT', 'done']).toContain(await codeOf(rival!.query(write(meeting))));
      await rival!.query('ROLLBACK');
      return ended;
    },
  );
}

const alike: readonly Conflict[] = [
  {
    name: 'a writer who goes away in time (SQLITE_BUSY)',
    of: 'restore',
    ends: ['whole'],
    meet: (meeting) => hold(meeting, false, lockOf(meeting)),
  },
  {
    name: 'a writer who stays (SQLITE_BUSY)',
    of: 'restore',
    lasts: true,
    ends: ['DATABASE_BUSY'],
    meet: (meeting) => hold(meeting, true, lockOf(meeting)),
  },
];

export const sqliteConflicts: readonly Conflict[] = [
  {
    name: 'a writer who goes away in time (SQLITE_BUSY)',
    of: 'backup',
    ends: ['whole'],
    meet: (meeting) => hold(meeting, false, 'BEGIN EXCLUSIVE'),
  },
  {
    name: 'a writer who stays (SQLITE_BUSY)',
    of: 'backup',
    lasts: true,
    ends: ['DATABASE_BUSY'],
    meet: (meeting) => hold(meeting, true, 'BEGIN EXCLUSIVE'),
  },
  ...alike,
  {
    name: 'a reader who stays, when it commits (SQLITE_BUSY)',
    of: 'restore',
    lasts: true,
    ends: ['DATABASE_BUSY'],
    meet: (meeting) => hold(meeting, true, ...READING),
  },
  { name: 'a deadlock with a reader who is the victim', of: 'restore', ends: ['whole'], meet: deadlock },
];

/** Readers and a writer do not meet there. */
export const sqliteWalConflicts: readonly Conflict[] = [
  ...alike,
  {
    name: 'the serialization failure of a reader who writes (SQLITE_BUSY_SNAPSHOT)',
    of: 'restore',
    ends: ['whole'],
    meet: serializationFailure,
  },
];
