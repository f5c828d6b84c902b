import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { MysqlConnection } from '../../../../lib/database/dialects/mysql/connection.js';
import type { RestoreSession } from '../../../../lib/database/dialects/restore-dialect.js';
import { describeMysqlEngines } from '../../../fixtures/databases.js';
import { everyday } from '../../../fixtures/everyday.js';
import { startChild } from '../../support/child.js';
import { begin, loadAll, restore, type Saved, save } from '../../support/saved.js';
import { restoreSuite } from './harness.js';

const LONG_TEST_MS = 240_000;
/** Every statement in the long run; else each fourth, another one first each time. */
const STEP = process.env.TEST_LONG ? 1 : 4;
const firstStatement = () => 1 + Math.floor(Math.random() * STEP);
const DELAYS_MS = [0, 15, 30, 45, 60, 90, 120, 400];

type Query = MysqlConnection['query'];

describeMysqlEngines('a restore of MySQL, killed', (engine) => {
  const genuine: Query = MysqlConnection.prototype.query;
  const { prepare, query, restores, state, target, url } = restoreSuite(engine);

  afterEach(() => {
    MysqlConnection.prototype.query = genuine;
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
    MysqlConnection.prototype.query = function (this: MysqlConnection, ...statement: Parameters<Query>) {
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
      MysqlConnection.prototype.query = genuine;
    }
  }

  /** Nobody closes it afterwards, as nobody does in a process that is killed. */
  async function begunUnwatched(id?: string): Promise<RestoreSession> {
    const session = await restores().openRestore();
    await begin(session, id);
    return session;
  }

  /** A backup, another one of what the database holds instead, and the state of the database with either. */
  async function prepareBoth(): Promise<{ saved: Saved; other: Saved; before: unknown; after: unknown }> {
    const saved = await prepare();
    const before = JSON.parse(await state());
    const other = await save(target());
    await restore(target(), saved);
    const after = JSON.parse(await state());
    await restore(target(), other);
    expect(JSON.parse(await state())).toEqual(before);
    return { saved, other, before, after };
  }

  it(
    'at any statement leaves the old state or the new one, once it has recovered',
    async () => {
      const { saved, other, before, after } = await prepareBoth();
      const outcomes = new Set<string>();
      const dialect = restores();
      let missing = 0;
      for (let last = firstStatement(); ; last += STEP) {
        const id = randomUUID();
        if (!(await killedAfter(last, () => restore(target(), saved, id)))) break;
        const [{ n }] = (await query(
          'SELECT COUNT(*) AS n FROM information_schema.triggers WHERE trigger_schema = DATABASE()',
        )) as [any];
        if (Number(n) < 4) missing++;
        await dialect.recover();
        const committed = await dialect.wasCommitted(id);
        expect([last, JSON.parse(await state())]).toEqual([last, committed ? after : before]);
        await dialect.forget(id);
        outcomes.add(String(committed));
        if (committed) await restore(target(), other);
      }
      expect([...outcomes].sort()).toEqual(['false', 'true']);
      expect(missing).toBeGreaterThan(STEP === 1 ? 5 : 0);
    },
    LONG_TEST_MS,
  );

  it.each([false, true])(
    'and again, at any statement of the recovery (committed: %s)',
    async (committed) => {
      const { saved, other, before, after } = await prepareBoth();
      const dialect = restores();
      for (let last = firstStatement(); ; last += STEP) {
        const id = randomUUID();
        const session = await begunUnwatched(id);
        await loadAll(session, saved);
        await session.complete(saved.sequences);
        const inner = (session as unknown as { connection: MysqlConnection }).connection;
        if (committed) await inner.query('COMMIT');
        inner.destroy();
        const killed = await killedAfter(last, () => dialect.recover());
        if (killed) await dialect.recover();
        expect(await dialect.wasCommitted(id)).toBe(committed);
        expect([last, JSON.parse(await state())]).toEqual([last, committed ? after : before]);
        if (!killed) break;
        if (committed) await restore(target(), other);
      }
    },
    LONG_TEST_MS,
  );

  it('and not recovered is put back by the next restore, an earlier one first', async () => {
    const saved = await prepare();
    const before = JSON.parse(await state());
    const earlier = async () => void (await begunUnwatched());
    for (let last = 50; await killedAfter(last, earlier); last += 3) {
      const session = await begunUnwatched();
      await loadAll(session, saved);
      await session.close();
      expect(JSON.parse(await state())).toEqual(before);
    }
  });

  it(
    'as a process with SIGKILL, at several moments',
    async () => {
      const { saved, other, before, after } = await prepareBoth();
      const dialect = restores();
      for (const delay of everyday(DELAYS_MS, 2)) {
        const id = randomUUID();
        const child = startChild('mysql/restore/child.ts', { type: engine.name, url: url(), saved, id });
        await child.spoke();
        await sleep(delay);
        await child.kill();
        await dialect.recover();
        const committed = await dialect.wasCommitted(id);
        expect([delay, JSON.parse(await state())]).toEqual([delay, committed ? after : before]);
        if (committed) await restore(target(), other);
      }
    },
    LONG_TEST_MS,
  );
});
