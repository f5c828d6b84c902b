import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import type { TestDatabase } from '../../fixtures/databases.js';
import { numbers } from '../../fixtures/mysql-numbers.js';
import { PROCESSLIST } from '../../fixtures/mysql-processlist.js';
import { until } from '../../fixtures/wait.js';
import { type Conflict, FIRST, type Meeting, OTHERS, type Rival, withRivals } from './rival.js';

const STARTS_WITHIN_MS = 20_000;

async function connect({ options }: TestDatabase): Promise<Rival> {
  const connection = await createConnection({ uri: (options as unknown as { url: string }).url });
  connection.on('error', () => {});
  await connection.query('SET SESSION lock_wait_timeout = 20');
  return { query: async (sql) => (await connection.query(sql))[0] as any[], end: () => connection.end() };
}

/** Until so many connections to the database wait, as the process list says. */
const waiting = ({ database }: Meeting, count: number) =>
  until(
    `${count} wait for a table`,
    async () => {
      const [row] = await database.query(`SELECT count(*) AS n FROM ${PROCESSLIST}
        WHERE db = DATABASE() AND state LIKE 'Waiting for table metadata lock'`);
      return Number(row!.n) >= count;
    },
    STARTS_WITHIN_MS,
  );

const waitingForRow = ({ database }: Meeting) =>
  until(
    'it waits for a row',
    async () => {
      await sleep(150); // Asked more often, the server gives the same answer.
      const [row] = await database.query(`SELECT count(*) AS n FROM information_schema.innodb_trx
        JOIN ${PROCESSLIST} ON id = trx_mysql_thread_id
        WHERE db = DATABASE() AND trx_state = 'LOCK WAIT'`);
      return Number(row!.n) > 0;
    },
    STARTS_WITHIN_MS,
  );

/**
 * One alters the last table, for which a writer has to end, who wants the first, which another wants to alter, for which
 * the backup has to end: that is kept waiting in the middle until then. It is the last to wait, and so the victim.
 */
async function deadlockOfTables(meeting: Meeting): Promise<string> {
  const { database, chance, run } = meeting;
  const [middle, last] = ['stock', 'ticket'];
  const change = (table: string) => `ALTER TABLE ${table} COMMENT 'number ${chance.between(0, 1e9)}'`;
  return withRivals(
    () => connect(database),
    4,
    async (writer, one, other, keeper) => {
      await keeper!.query(`LOCK TABLES ${middle} WRITE`);
      await writer!.query('START TRANSACTION');
      await writer!.query(`UPDATE ${last} SET id = id`);
      const others = [one!.query(change(last))];
      await waiting(meeting, 1);
      await sleep(chance.between(0, 200));
      const running = run();
      await waiting(meeting, 2);
      others.push(other!.query(change(FIRST)));
      await waiting(meeting, 3);
      others.push(writer!.query(`UPDATE ${FIRST} SET id = id`));
      await waiting(meeting, 4);
      await sleep(chance.between(0, 200));
      await keeper!.query('UNLOCK TABLES');
      await others.at(-1);
      await writer!.query('ROLLBACK');
      await Promise.all(others);
      return running;
    },
  );
}

/** It has changed more than the restore, and so is not the victim. */
async function deadlockOfRows(meeting: Meeting): Promise<string> {
  const { database, chance, run } = meeting;
  return withRivals(
    () => connect(database),
    1,
    async (rival) => {
      await rival!.query(`SET TRANSACTION ISOLATION LEVEL ${chance.of(['READ COMMITTED', 'SERIALIZABLE'])}`);
      await rival!.query('START TRANSACTION');
      await rival!.query(`INSERT INTO ballast (id) SELECT seq FROM ${numbers(1, 10000)}`);
      await rival!.query(`UPDATE ${chance.of(OTHERS)} SET id = id WHERE id > 0`);
      const running = run();
      await waitingForRow(meeting);
      await sleep(chance.between(0, 500));
      await rival!.query(`UPDATE ${FIRST} SET id = id WHERE id > 0`);
      await sleep(chance.between(0, 100));
      await rival!.query('ROLLBACK');
      return running;
    },
  );
}

async function lockTimeout({ database, run }: Meeting, ...holds: string[]): Promise<string> {
  return withRivals(
    () => connect(database),
    1,
    async (rival) => {
      for (const sql of holds) await rival!.query(sql);
      return run();
    },
  );
}

export const mysqlConflicts: readonly Conflict[] = [
  {
    name: 'a deadlock of which it is the victim',
    of: 'backup',
    ends: ['whole'],
    meet: deadlockOfTables,
  },
  {
    name: 'a table that stays locked',
    of: 'backup',
    lasts: true,
    ends: ['DATABASE_BUSY'],
    meet: (meeting) => lockTimeout(meeting, `LOCK TABLES ${meeting.chance.of([FIRST, ...OTHERS])} WRITE`),
  },
  {
    // SQLSTATE 40001, which is this server's serialization failure, too.
    name: 'a deadlock of which it is the victim',
    of: 'restore',
    ends: ['DATABASE_BUSY'],
    prepare: ['CREATE TABLE ballast (id int PRIMARY KEY)'],
    meet: deadlockOfRows,
  },
  {
    name: 'a lock that is not given up',
    of: 'restore',
    lasts: true,
    ends: ['DATABASE_BUSY'],
    meet: (meeting) => {
      const table = meeting.chance.of([FIRST, ...OTHERS]);
      const ofRows = ['START TRANSACTION', `UPDATE ${table} SET id = id WHERE id > 0`];
      return lockTimeout(meeting, ...meeting.chance.of([ofRows, [`LOCK TABLES ${table} READ`]]));
    },
  },
];
