import { randomUUID } from 'node:crypto';
import type { LineValue } from '../../../../lib/jsonl/format.js';
import { describeMysqlEngines } from '../../../fixtures/databases.js';
import { batchesOf, columnsOf, loadAll, restore, save } from '../../support/saved.js';
import { restoreSuite } from './harness.js';

describeMysqlEngines('a restore of MySQL changes nothing when', (engine) => {
  const { begun, marks, prepare, query, restores, state, target } = restoreSuite(engine);

  it('a foreign key is violated, also by a table outside of the list', async () => {
    const saved = await prepare();
    const before = await state();
    const users = saved.tables.find(({ name }) => name === 'users')!;
    const boss = users.columns.findIndex(({ name }) => name === 'boss');
    users.rows[0]![boss] = 77;
    await expect(restore(target(), saved)).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringMatching(/"users".*"boss_fk"/),
    });
    expect(await state()).toBe(before);
    users.rows[0]![boss] = null;
    users.rows.splice(0, 3);
    const log = saved.tables.find(({ name }) => name === 'log')!;
    await expect(restore(target(), { ...saved, tables: [users, log] })).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
    });
    expect(await state()).toBe(before);
    expect(await marks()).toEqual([]);
  });

  it('a composite foreign key is violated; one with a NULL is not', async () => {
    await query('CREATE TABLE p (a INT, b INT, PRIMARY KEY (a, b))');
    await query('CREATE TABLE c (x INT, y INT, CONSTRAINT both_fk FOREIGN KEY (x, y) REFERENCES p (a, b))');
    await query('INSERT INTO p VALUES (1, 2)');
    await query('INSERT INTO c VALUES (1, 2), (NULL, 9), (9, NULL)');
    const saved = await save(target());
    await restore(target(), saved);
    saved.tables[0]!.rows.push([2, 1]);
    await expect(restore(target(), saved)).rejects.toMatchObject({
      message: expect.stringMatching(/"c".*"both_fk"/),
    });
  });

  it.each(['teams', 'log'])('its table "%s" does not hold as many rows as it has to', async (name) => {
    const saved = await prepare();
    await query(`INSERT INTO log (what) VALUES ('a'), (NULL)`);
    saved.tables.find((one) => one.name === 'log')!.rows.push([1, 'a'], [2, null]);
    const before = await state();
    const expected = new Map(saved.tables.map((one) => [one.name, one.rows.length]));
    const session = await begun();
    for (const table of session.tables) {
      const { columns, rows } = saved.tables.find((one) => one.name === table.name)!;
      await session.load(table, columnsOf(table, columns), batchesOf(table.name === name ? rows.slice(1) : rows));
      session.countLater!(table, (count) => {
        if (count !== expected.get(table.name)) throw new Error(`${table.name}: ${count} rows`);
      });
    }
    await expect(session.complete(saved.sequences)).rejects.toThrow(`${name}: ${expected.get(name)! - 1} rows`);
    await session.close();
    expect(await state()).toBe(before);
  });

  it('it is closed before its end, twice', async () => {
    const saved = await prepare();
    const before = await state();
    const session = await begun();
    await loadAll(session, saved);
    await session.complete(saved.sequences);
    expect(await query('SELECT 1 FROM information_schema.triggers WHERE trigger_schema = DATABASE()')).toEqual([]);
    await session.close();
    await session.close();
    expect(await state()).toBe(before);
  });

  it.each(['begin', 'load', 'complete'])('its connection is killed after %s', async (moment) => {
    const saved = await prepare();
    const before = await state();
    const id = randomUUID();
    const session = await begun(id);
    if (moment !== 'begin') await loadAll(session, saved);
    if (moment === 'complete') await session.complete(saved.sequences);
    const [{ c }] = (await query(`SELECT IS_USED_LOCK('nestjs-restore:${id}') AS c`)) as [any];
    await query(`KILL ${c}`);
    const next = {
      begin: () => loadAll(session, saved),
      load: () => session.complete([]),
      complete: () => session.commit(),
    };
    // A commit may be on its way before the loss is known.
    const code = moment === 'complete' ? /DATABASE_UNAVAILABLE|OUTCOME_UNKNOWN/ : /DATABASE_UNAVAILABLE/;
    await expect(next[moment as 'begin']()).rejects.toMatchObject({ code: expect.stringMatching(code) });
    await session.close();
    expect(await state()).toBe(before);
    expect(await restores().wasCommitted(id)).toBe(false);
  });

  it('it loaded keys above the counter, which no rollback takes back', async () => {
    const saved = await prepare();
    const before = await state();
    const users = saved.tables.find(({ name }) => name === 'users')!;
    users.rows.push([7_000, 'late', null, null]);
    const session = await begun();
    await loadAll(session, saved);
    await session.close();
    expect(await state()).toBe(before);
  });

  it('its client is gone and the server has not noticed', async () => {
    const saved = await prepare();
    const before = await state();
    const id = randomUUID();
    const session = await begun(id);
    await loadAll(session, saved);
    const dialect = restores();
    expect(await dialect.wasCommitted(id)).toBe(false);
    await dialect.recover();
    expect(await state()).toBe(before);
    await expect(session.commit()).rejects.toMatchObject({ code: expect.stringMatching(/UNAVAILABLE|UNKNOWN/) });
    await session.close();
    expect(await state()).toBe(before);
  });

  it('it is aborted, while its source stands still', async () => {
    const saved = await prepare();
    const before = await state();
    const abort = new AbortController();
    const session = await begun(undefined, abort.signal);
    const stuck: AsyncIterable<LineValue[][]> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
    };
    const loading = session.load(session.tables[0]!, [], stuck);
    setTimeout(() => abort.abort(), 50);
    await expect(loading).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(session.complete(saved.sequences)).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(session.commit()).rejects.toMatchObject({ code: 'ABORTED' });
    await session.close();
    expect(await state()).toBe(before);
  });
});
