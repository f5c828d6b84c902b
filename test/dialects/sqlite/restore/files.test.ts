import { readdirSync } from 'node:fs';
import { sqliteRestore } from '../../../../lib/database/dialects/sqlite/restore/index.js';
import { explain } from '../../../../lib/errors/explain.js';
import { LoopWatch } from '../../../fixtures/event-loop.js';
import { everyday } from '../../../fixtures/everyday.js';
import { allowing } from '../../../fixtures/wait.js';
import { begin, loadAll, restore, save } from '../../support/saved.js';
import { FILES, openFiles, run } from '../harness.js';
import { dump, enforced, restoreSuite } from './harness.js';

const { both, connect, directory } = restoreSuite();

describe('a database file', () => {
  it('in WAL mode is read on by the application meanwhile, with its old rows', async () => {
    const { to, saved } = await both('WAL file');
    const session = await sqliteRestore(to).openRestore();
    await begin(session);
    expect(await to.query('SELECT id FROM users')).toEqual([{ id: 500 }]);
    await loadAll(session, saved);
    expect(await to.query('SELECT id FROM users')).toEqual([{ id: 500 }]);
    expect(await enforced(to)).toBe(1);
    await session.complete(saved.sequences);
    await session.commit();
    expect(await to.query('SELECT id FROM users')).toEqual([{ id: 0 }, { id: 1 }, { id: 2 }]);
    await session.close();
  });

  it.each(everyday(FILES, 1))(
    'that a writer holds is busy after a bounded time, with a free event loop [%s]',
    async (kind) => {
      const to = await connect(kind);
      await run(
        to,
        'CREATE TABLE t (id integer PRIMARY KEY)',
        'INSERT INTO t VALUES (1)',
        'BEGIN IMMEDIATE',
        'DELETE FROM t',
      );
      const watch = new LoopWatch();
      const started = performance.now();
      const session = await sqliteRestore(to).openRestore();
      await expect(begin(session)).rejects.toMatchObject({ code: 'DATABASE_BUSY' });
      watch.stop();
      expect(performance.now() - started).toBeGreaterThan(5_000);
      expect(performance.now() - started).toBeLessThan(allowing(20_000));
      expect(watch.utilization).toBeLessThan(0.5);
      await session.close();
      await run(to, 'ROLLBACK');
      expect(await to.query('SELECT id FROM t')).toEqual([{ id: 1 }]);
    },
  );

  it.each(FILES)('is waited for, and none of it stays open or lies about afterwards [%s]', async (kind) => {
    const [from, to] = [await connect(kind, 'from'), await connect(kind, 'to')];
    for (const dataSource of [from, to]) await run(dataSource, 'CREATE TABLE t (id integer PRIMARY KEY)');
    const saved = await save(from);
    // Once without the table of marks, once with it.
    for (let round = 0; round < 2; round++) {
      await run(to, 'BEGIN IMMEDIATE');
      setTimeout(() => void run(to, 'COMMIT'), 300);
      await restore(to, saved);
    }
    const handles = openFiles().length;
    for (let round = 0; round < 5; round++) await restore(to, saved);
    expect(openFiles().length).toBeLessThanOrEqual(handles);
    expect(readdirSync(directory.path).filter((name) => !/^(from|to)\.sqlite(-wal|-shm)?$/.test(name))).toEqual([]);
  });

  it('that an application reads while the restore commits is tried again', async () => {
    const [from, to] = [await connect('rollback journal', 'from'), await connect('rollback journal', 'to')];
    const other = await connect('rollback journal', 'to');
    for (const dataSource of [from, to]) await run(dataSource, 'CREATE TABLE t (id integer PRIMARY KEY)');
    await run(from, 'INSERT INTO t VALUES (1)');
    const saved = await save(from);
    const session = await sqliteRestore(to).openRestore();
    await begin(session);
    await loadAll(session, saved);
    await session.complete([]);
    await run(other, 'BEGIN', 'SELECT * FROM t');
    setTimeout(() => void run(other, 'COMMIT'), 300);
    await session.commit();
    await session.close();
    expect(await to.query('SELECT id FROM t')).toEqual([{ id: 1 }]);
  });

  it("never repeats what a function of the application's says about a row", async () => {
    const refuse = (n: unknown) => {
      if (Number(n) > 5) throw new Error(`secret ${String(n)}`);
      return 1;
    };
    const prepareDatabase = (database: any) => void database.function('fits', { deterministic: true }, refuse);
    const to = await connect('WAL file', 'own', { prepareDatabase });
    await run(to, 'CREATE TABLE t (n int CHECK (fits(n)))', 'INSERT INTO t VALUES (2)');
    const saved = await save(to);
    saved.tables[0]!.rows.push([77]);
    const error: any = await restore(to, saved).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'RESTORE_FAILED', message: expect.stringContaining('table "t"') });
    expect(explain(error)).not.toMatch(/secret|77/);
    expect(await to.query('SELECT n FROM t')).toEqual([{ n: 2 }]);
  });

  it("uses the application's functions and collations where prepareDatabase gives them, and names a missing one", async () => {
    const prepareDatabase = (database: any) =>
      void database.function('even', { deterministic: true }, (n: any) => Number(BigInt(n) % 2n));
    const own = await connect('WAL file', 'own', { prepareDatabase });
    const late = await connect('WAL file', 'late');
    prepareDatabase((late.driver as any).databaseConnection);
    for (const dataSource of [own, late]) {
      await run(dataSource, 'CREATE TABLE t (n int CHECK (even(n) = 0))', 'INSERT INTO t VALUES (2)');
    }
    const before = await dump(own);
    await restore(own, await save(own));
    expect(await dump(own)).toBe(before);
    await expect(restore(late, await save(late))).rejects.toMatchObject({
      message: expect.stringMatching(/table "t".*function: even/),
    });
    expect(await dump(late)).toBe(before);
  });
});
