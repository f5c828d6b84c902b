import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { sqliteRestore } from '../../../../lib/database/dialects/sqlite/restore/index.js';
import { openTarget } from '../../../../lib/database/dialects/sqlite/restore/target.js';
import {
  DatabaseThread,
  ThreadEndedError,
} from '../../../../lib/database/dialects/sqlite/restore/thread/database-thread.js';
import { ThreadedDatabase } from '../../../../lib/database/dialects/sqlite/restore/thread/threaded-database.js';
import { Transaction } from '../../../../lib/database/dialects/sqlite/restore/transaction.js';
import type { LineValue } from '../../../../lib/jsonl/format.js';
import { LoopWatch } from '../../../fixtures/event-loop.js';
import { allowing } from '../../../fixtures/wait.js';
import { find } from '../../support/lines.js';
import { batchesOf, begin, columnsOf, restore, save } from '../../support/saved.js';
import { FILES, run } from '../harness.js';
import { dump, restoreSuite } from './harness.js';

const { connect, file, directory } = restoreSuite();
const noCheck = () => {};

/** Of all classes, in more combinations than there may be statements at a time. */
const ODD_ROWS = Array.from({ length: 3_000 }, (_, id): LineValue[] => {
  const classes: LineValue[] = [null, { i: `${id}` }, { r: `${id}.5` }, { b: 'AAEC' }, { t: 'w7/Dvw==' }, `é ${id}`];
  return [id, ...[0, 1, 2, 3].map((column) => classes[Math.floor(id / 6 ** column) % 6]!)];
});

describe.each(FILES)('a file that is restored over a connection in a thread [%s]', (kind) => {
  it('gets rows of any classes and lengths, as a database whose connection is in this thread does', async () => {
    const create = 'CREATE TABLE t (id integer PRIMARY KEY, a text, b text, c text, d text)';
    const rows = [...ODD_ROWS];
    rows[7] = [7, 'long '.repeat(700_000), 'é'.repeat(400_000), null, 'x'];
    const dumps = [];
    for (const one of [kind, ':memory:'] as const) {
      const to = await connect(one, 'to');
      await run(to, create);
      const saved = await save(to);
      saved.tables[0]!.rows = rows;
      await restore(to, saved);
      dumps.push(await dump(to));
    }
    expect(dumps[0] === dumps[1]).toBe(true);
  });

  it('holds the event loop for no statement, however long, and health requests are answered meanwhile', async () => {
    const to = await connect(kind);
    await run(
      to,
      'CREATE TABLE parents (id text PRIMARY KEY)',
      'CREATE TABLE t (id text PRIMARY KEY, parent text REFERENCES parents (id), v text)',
      'CREATE INDEX by_parent ON t (parent)',
      `INSERT INTO parents ${counted(20_000)} SELECT hex(i) FROM n`,
      `INSERT INTO t ${counted(80_000)} SELECT hex(i), hex(1 + i % 20000), hex(randomblob(500)) FROM n`,
    );
    const saved = await save(to);
    const before = await to.query('SELECT count(*) AS n, sum(length(v)) AS sum FROM t');
    const watch = new LoopWatch();
    const health = await askHealth();
    const started = performance.now();
    await restore(to, saved);
    const took = performance.now() - started;
    watch.stop();
    const answers = await health.stop();
    // Of the whole, the commit, the check of foreign keys and the emptying are each far more.
    const most = Math.max(allowing(100), took / 12);
    for (const longest of [watch.longest, Math.max(...answers)]) expect(longest).toBeLessThan(most);
    expect(answers.length).toBeGreaterThan(12);
    expect(await to.query('SELECT count(*) AS n, sum(length(v)) AS sum FROM t')).toEqual(before);
  }, 120_000);

  it('is as it was when it is aborted during a long statement', async () => {
    const to = await connect(kind);
    await run(
      to,
      'CREATE TABLE t (id integer PRIMARY KEY, boss int REFERENCES t (id))',
      `INSERT INTO t ${counted(200_000)} SELECT i, 1 FROM n`,
    );
    const abortWhileEmptying = async () => {
      const aborter = new AbortController();
      const id = randomUUID();
      const session = await sqliteRestore(to).openRestore(aborter.signal);
      const emptied = begin(session, id);
      // The transaction begins in a later turn; the first table is being emptied then.
      await new Promise(setImmediate);
      aborter.abort();
      return { id, session, error: await emptied.catch((error: unknown) => error) };
    };
    let aborted = await abortWhileEmptying();
    // On a busy machine that turn may come when the table is empty.
    for (let more = 20; aborted.error === undefined && more > 0; more--) {
      await aborted.session.close();
      aborted = await abortWhileEmptying();
    }
    const { id, session, error } = aborted;
    expect(error).toMatchObject({ code: 'ABORTED' });
    const table = find(session, 't');
    await expect(session.load(table, columnsOf(table), batchesOf([[1, 1]]))).rejects.toMatchObject({ code: 'ABORTED' });
    await session.close();
    expect(await to.query('SELECT count(*) AS n FROM t')).toEqual([{ n: 200_000 }]);
    expect(await sqliteRestore(to).wasCommitted(id)).toBe(false);
    await run(to, 'INSERT INTO t VALUES (0, 1)');
  });
});

describe('the thread of a restore', () => {
  const opened = async (options: object) => {
    const to = await connect('WAL file', randomUUID(), options);
    await run(to, 'CREATE TABLE t (id integer PRIMARY KEY)');
    const target = await openTarget(to, noCheck, { inThread: true });
    const one = target.connection.all('SELECT count(*) FROM t');
    await target.release();
    return { inThread: target.raw instanceof ThreadedDatabase, one };
  };

  it.each([
    ['nothing', undefined, true],
    ['statements', (database: any) => void database.exec('PRAGMA cache_size = 10').pragma('foreign_keys = ON'), true],
    ['rows', (database: any) => void database.prepare('SELECT ?').raw().get(1), true],
    ['a method of statements', (database: any) => void database.prepare('SELECT ?').raw().bind(1), false],
    ['a function after statements', (database: any) => void database.exec('SELECT 1').function('f', () => 1), false],
    ['a function', (database: any) => void database.function('f', () => 1), false],
    ['a look for functions', (database: any) => void ('function' in database), false],
    [
      'a function, if there can be one',
      (database: any) => {
        try {
          database.function('f', () => 1);
        } catch {}
      },
      false,
    ],
  ])('has the connection unless its preparation needs this one: with %s', async (_, prepareDatabase, inThread) => {
    expect(await opened({ prepareDatabase })).toEqual({ inThread, one: [[0n]] });
  });

  it('is done without where a thread cannot load the driver', async () => {
    const file = directory.at('only-here.cjs');
    const original = createRequire(import.meta.filename).resolve('better-sqlite3');
    const refuse = `if (!require('node:worker_threads').isMainThread) throw new Error('not here');`;
    writeFileSync(file, `${refuse} module.exports = class extends require(${JSON.stringify(original)}) {};`);
    const driver = createRequire(import.meta.filename)(file);
    expect(await opened({ driver })).toEqual({ inThread: false, one: [[0n]] });
  });

  it('returns rows in batches, and those of a statement that writes', async () => {
    const to = await connect('WAL file');
    await run(to, 'CREATE TABLE t (id integer PRIMARY KEY)');
    const target = await openTarget(to, noCheck, { inThread: true });
    const kinds: string[] = [];
    const ask = jest.spyOn(DatabaseThread.prototype, 'ask');
    try {
      const written = target.connection.all('INSERT INTO t VALUES (1), (2) RETURNING id');
      expect(written).toEqual([[1n], [2n]]);
      const rows = target.connection.all(`${counted(20_000)} SELECT i FROM n`);
      expect(rows).toEqual(Array.from({ length: 20_000 }, (_, index) => [BigInt(index + 1)]));
      for (const [{ kind }] of ask.mock.calls) kinds.push(kind);
    } finally {
      ask.mockRestore();
      await target.release();
    }
    expect(new Set(kinds)).toEqual(new Set(['iterate', 'next']));
    expect(await to.query('SELECT count(*) AS n FROM t')).toEqual([{ n: 2 }]);
  });

  it('runs nothing that belongs to a transaction after it has ended', async () => {
    const to = await connect('WAL file');
    await run(to, 'CREATE TABLE t (id integer PRIMARY KEY)', 'INSERT INTO t VALUES (1)');
    const target = await openTarget(to, noCheck, { inThread: true });
    const transaction = new Transaction(target, noCheck);
    await transaction.begin();
    transaction.end();
    const writer = target.writer(false);
    writer.write('INSERT INTO t VALUES (?)', [2n]);
    const [emptied, written] = await Promise.allSettled([target.long.exec('DELETE FROM t'), writer.finish()]);
    expect([emptied.status, written.status]).toEqual(['rejected', 'rejected']);
    // A dry run counts rows, and begins none.
    expect(await target.long.all('SELECT count(*) FROM t')).toEqual([[1n]]);
    await target.release();
    expect(await to.query('SELECT id FROM t')).toEqual([{ id: 1 }]);
  });

  it('that ends by itself leaves the outcome of a commit unknown', async () => {
    const driver = directory.at('driver.cjs');
    writeFileSync(driver, 'module.exports = class { exec() { process.exit(1); } };');
    const thread = new DatabaseThread(driver);
    await thread.request({ kind: 'open', file: file(), options: {} });
    const to = await connect('WAL file');
    const target = await openTarget(to, noCheck);
    const exec = async (sql: string) => void (await thread.request({ kind: 'exec', sql }));
    const transaction = new Transaction({ ...target, long: { ...target.long, exec } }, noCheck);
    await transaction.begin();
    await expect(transaction.commit()).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    await expect(exec('SELECT 1')).rejects.toThrow(ThreadEndedError);
    await thread.close();
    await target.release();
  });
});

/** Asks a server of this process again and again; `stop` says how long each answer took, in milliseconds. */
async function askHealth(): Promise<{ stop(): Promise<number[]> }> {
  const server = createServer((_, response) => void response.end('ok')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let asking = true;
  const asked = (async () => {
    const answers: number[] = [];
    while (asking) {
      const started = performance.now();
      await (await fetch(url)).text();
      answers.push(performance.now() - started);
      await new Promise(setImmediate);
    }
    return answers;
  })();
  return {
    stop: async () => {
      asking = false;
      const answers = await asked;
      server.closeAllConnections();
      server.close();
      return answers;
    },
  };
}

const counted = (rows: number) => `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})`;
