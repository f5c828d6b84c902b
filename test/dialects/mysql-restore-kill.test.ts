import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { mysqlRestore } from '../../lib/database/dialects/mysql/restore/index.js';
import { Session } from '../../lib/database/dialects/mysql/session.js';
import { describeEngine, type TestDatabase } from '../fixtures/databases.js';
import { connect, find, fingerprint, loadAll, prepareIn, restore, save, type Saved } from './mysql-restore.harness.js';

const LONG_TEST_MS = 240_000;

type Query = Session['query'];

describeEngine('mysql restore, killed', 'mariadb', (engine) => {
  const cleanups: Array<() => Promise<unknown>> = [];
  const genuine: Query = Session.prototype.query;
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeEach(async () => {
    database = await engine.create();
    cleanups.push(() => database.drop());
    dataSource = await connect(database);
    cleanups.push(() => dataSource.destroy());
  });

  afterEach(async () => {
    Session.prototype.query = genuine;
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  /**
   * Runs a job of which nothing is left after its statement number `last` was sent: its connections break and it never
   * hears of anything again, as in a process that is killed.
   * @returns whether the job came so far
   */
  async function killedAfter(last: number, job: () => Promise<unknown>): Promise<boolean> {
    let sent = 0;
    let die = () => {};
    const killed = new Promise<true>((resolve) => {
      die = () => resolve(true);
    });
    Session.prototype.query = function (this: Session, ...statement: Parameters<Query>) {
      sent++;
      if (sent > last) return new Promise(() => {});
      const result = genuine.apply(this, statement);
      if (sent < last) return result;
      result.catch(() => {});
      // Half of the time the server is still at it.
      const end = () => (this.destroy(), die());
      if (last % 2) setImmediate(() => setImmediate(end));
      else result.finally(end).catch(() => {});
      return new Promise(() => {});
    };
    try {
      return await Promise.race([killed, job().then(() => false)]);
    } finally {
      Session.prototype.query = genuine;
    }
  }

  /** The target's state, and which of both it may be. */
  async function prepare(): Promise<{ saved: Saved; before: string; after: string }> {
    const saved = await prepareIn(database, dataSource);
    const before = await fingerprint(database);
    return { saved, before, after: '' };
  }

  async function restoreWholly(saved: Saved, id: string): Promise<void> {
    await restore(dataSource, saved, id);
  }

  it(
    'at any statement leaves the old state or the new one, once it has recovered',
    async () => {
      const { saved, before } = await prepare();
      const other = await save(dataSource);
      await restoreWholly(saved, randomUUID());
      const after = await fingerprint(database);
      await restoreWholly(other, randomUUID());
      expect(JSON.parse(await fingerprint(database))).toEqual(JSON.parse(before));
      const outcomes = new Set<string>();
      const dialect = mysqlRestore(dataSource);
      let missing = 0;
      for (let last = 1; ; last++) {
        const id = randomUUID();
        if (!(await killedAfter(last, () => restoreWholly(saved, id)))) break;
        const [{ n }] = (await database.query(
          'SELECT COUNT(*) AS n FROM information_schema.triggers WHERE trigger_schema = DATABASE()',
        )) as [any];
        if (Number(n) < 4) missing++;
        await dialect.recover();
        const committed = await dialect.wasCommitted(id);
        expect([last, JSON.parse(await fingerprint(database))]).toEqual([last, JSON.parse(committed ? after : before)]);
        await dialect.forget(id);
        outcomes.add(String(committed));
        if (committed) await restoreWholly(other, randomUUID());
      }
      expect([...outcomes].sort()).toEqual(['false', 'true']);
      expect(missing).toBeGreaterThan(5);
    },
    LONG_TEST_MS,
  );

  it.each([false, true])(
    'and again, at any statement of the recovery (committed: %s)',
    async (committed) => {
      const { saved, before } = await prepare();
      const other = await save(dataSource);
      await restoreWholly(saved, randomUUID());
      const after = await fingerprint(database);
      await restoreWholly(other, randomUUID());
      const dialect = mysqlRestore(dataSource);
      for (let last = 1; ; last++) {
        const id = randomUUID();
        const session = await dialect.openRestore();
        await session.begin(
          id,
          saved.tables.map(({ name }) => find(session, name)),
        );
        await loadAll(session, saved);
        await session.complete(saved.sequences);
        const inner = (session as unknown as { session: Session }).session;
        if (committed) await inner.query('COMMIT');
        inner.destroy();
        const killed = await killedAfter(last, () => dialect.recover());
        if (killed) await dialect.recover();
        expect(await dialect.wasCommitted(id)).toBe(committed);
        expect([last, JSON.parse(await fingerprint(database))]).toEqual([last, JSON.parse(committed ? after : before)]);
        if (!killed) break;
        if (committed) await restoreWholly(other, randomUUID());
      }
    },
    LONG_TEST_MS,
  );

  it('and not recovered is put back by the next restore, an earlier one first', async () => {
    const { saved, before } = await prepare();
    const earlier = async () => {
      const session = await mysqlRestore(dataSource).openRestore();
      await session.begin(randomUUID(), session.tables);
    };
    for (let last = 50; await killedAfter(last, earlier); last += 3) {
      const session = await mysqlRestore(dataSource).openRestore();
      await session.begin(randomUUID(), session.tables);
      await loadAll(session, saved);
      await session.close();
      expect(JSON.parse(await fingerprint(database))).toEqual(JSON.parse(before));
    }
  });

  it(
    'as a process with SIGKILL, at several moments',
    async () => {
      const { saved, before } = await prepare();
      const other = await save(dataSource);
      await restoreWholly(saved, randomUUID());
      const after = await fingerprint(database);
      await restoreWholly(other, randomUUID());
      const dialect = mysqlRestore(dataSource);
      const { url } = database.options as { url: string };
      for (const delay of [0, 15, 30, 45, 60, 90, 120, 400]) {
        const id = randomUUID();
        const child = spawn(
          process.execPath,
          [
            '--import',
            new URL('./mysql-restore.loader.mjs', import.meta.url).href,
            new URL('./mysql-restore.child.ts', import.meta.url).pathname,
          ],
          { stdio: ['pipe', 'pipe', 'inherit'] },
        );
        const gone = once(child, 'exit');
        child.stdin.end(JSON.stringify({ url, saved, id }));
        await Promise.race([
          once(child.stdout, 'data'),
          gone.then(() => Promise.reject(new Error('The child failed.'))),
        ]);
        await sleep(delay);
        child.kill('SIGKILL');
        await gone;
        await dialect.recover();
        const committed = await dialect.wasCommitted(id);
        expect([delay, JSON.parse(await fingerprint(database))]).toEqual([
          delay,
          JSON.parse(committed ? after : before),
        ]);
        if (committed) await restoreWholly(other, randomUUID());
      }
    },
    LONG_TEST_MS,
  );
});
