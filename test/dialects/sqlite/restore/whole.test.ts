import { randomUUID } from 'node:crypto';
import { sqliteRestore } from '../../../../lib/database/dialects/sqlite/restore/index.js';
import { LoopWatch } from '../../../fixtures/event-loop.js';
import { allowing } from '../../../fixtures/wait.js';
import { find } from '../../support/lines.js';
import { begin, columnsOf, loadAll, restore } from '../../support/saved.js';
import { KINDS, run } from '../harness.js';
import { dump, enforced, restoreSuite, triggerOrder } from './harness.js';

const { both, connect } = restoreSuite();

describe.each(KINDS)('a restore of SQLite [%s]', (kind) => {
  it('makes the target what the source was: rows, triggers, counters', async () => {
    const { from, to, saved } = await both(kind);
    const id = await restore(to, saved);
    expect(await dump(to)).toBe(await dump(from));
    expect(await triggerOrder(to)).toEqual(await triggerOrder(from));
    expect(await enforced(to)).toBe(1);
    await run(to, `INSERT INTO users (name) VALUES ('next')`);
    // The counter is beyond the deleted tail, and the triggers are back.
    expect(await to.query(`SELECT id, name FROM users WHERE id > 2`)).toEqual([{ id: 91, name: 'NEXT' }]);
    const restores = sqliteRestore(to);
    await restores.recover();
    expect(await restores.wasCommitted(id)).toBe(true);
    expect(await restores.wasCommitted(randomUUID())).toBe(false);
    await restores.forget(id);
    expect(await restores.wasCommitted(id)).toBe(false);
  });

  it('knows of no marks where there is no table of them, and makes none', async () => {
    const to = await connect(kind);
    const restores = sqliteRestore(to);
    await restores.recover();
    expect(await restores.wasCommitted(randomUUID())).toBe(false);
    await restores.forget(randomUUID());
    expect(await to.query('SELECT name FROM sqlite_master')).toEqual([]);
  });

  it('says which tables hold rows, and never names its own', async () => {
    const { to, saved } = await both(kind);
    await restore(to, saved);
    const session = await sqliteRestore(to).openRestore();
    const occupied = await session.occupied(session.tables);
    expect(occupied.map(({ name }) => name).sort()).toEqual([
      'choosy',
      'computed',
      'keyless',
      'log',
      'pairs',
      'strictly',
      'teams',
      'users',
    ]);
    expect(session.tables.map(({ name }) => name)).not.toContain('nestjs_backup_restore');
    expect(session.foreignKeys).toHaveLength(3);
    expect(session.server.type).toBe(kind === 'sql.js' ? 'sqljs' : 'better-sqlite3');
    await session.close();
    await session.close();
  });

  it('keeps the row order of tables without a key', async () => {
    const { to, saved } = await both(kind);
    saved.tables.find(({ name }) => name === 'keyless')!.rows = Array.from({ length: 500 }, (_, at) => [
      `${(at * 7) % 11}`,
      at,
    ]);
    await restore(to, saved);
    const rows = await to.query('SELECT n FROM keyless ORDER BY rowid');
    expect(rows.map(({ n }: { n: number }) => n)).toEqual(Array.from({ length: 500 }, (_, at) => at));
  });

  it('never sets a counter below a key, and keeps that of a table that is only emptied', async () => {
    const { to, saved } = await both(kind);
    saved.sequences = [{ name: 'users', value: '1' }];
    const [users] = saved.tables.filter(({ name }) => name === 'users');
    const session = await sqliteRestore(to).openRestore();
    await begin(session);
    await loadAll(session, {
      tables: [
        {
          ...users!,
          rows: [
            [0, 'zero', null, null],
            [7, 'seven', 0, null],
          ],
        },
      ],
      sequences: [],
    });
    await session.complete(saved.sequences);
    await session.commit();
    await session.close();
    const counters = await to.query('SELECT name, seq FROM sqlite_sequence ORDER BY name');
    expect(counters).toEqual([
      { name: 'log', seq: 1 },
      { name: 'never', seq: 1 },
      { name: 'users', seq: 7 },
    ]);
  });

  it('finds the event loop free', async () => {
    const rows = process.env.TEST_LONG ? 1_000_000 : 20_000;
    const to = await connect(kind);
    await run(to, 'CREATE TABLE bulk (id integer PRIMARY KEY, filler text, n bigint)', 'CREATE INDEX by_n ON bulk (n)');
    await run(to, `INSERT INTO bulk VALUES (1, 'other', 1)`);
    const session = await sqliteRestore(to).openRestore();
    const bulk = find(session, 'bulk');
    await session.begin(randomUUID(), [bulk]);
    async function* source() {
      for (let at = 0; at < rows; at += 500) {
        yield Array.from({ length: 500 }, (_, index) => [at + index, 'x'.repeat(100), String(at + index)]);
      }
    }
    const watch = new LoopWatch();
    await session.load(bulk, columnsOf(bulk), source());
    watch.stop();
    expect(await session.count(bulk)).toBe(rows);
    await session.complete([]);
    await session.commit();
    await session.close();
    expect(watch.gaps.length).toBeGreaterThan(5);
    expect(watch.longest).toBeLessThan(allowing(200));
    expect((await to.query('SELECT count(*) AS n FROM bulk'))[0].n).toBe(rows);
  }, 300_000);
});
