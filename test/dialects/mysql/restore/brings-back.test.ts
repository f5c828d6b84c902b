import { describeMysqlEngines, itOn } from '../../../fixtures/databases.js';
import { numbers } from '../../../fixtures/mysql-numbers.js';
import { restore, save } from '../../support/saved.js';
import { restoreSuite } from './harness.js';

describeMysqlEngines('a restore of MySQL brings back', (engine) => {
  const { marks, prepare, query, restores, state, target } = restoreSuite(engine);

  it('cycles, self references, an id of 0, triggers that would change rows, and counters', async () => {
    const saved = await prepare();
    const id = await restore(target(), saved);
    expect((await save(target())).tables).toEqual(saved.tables);
    expect(await save(target())).toEqual(saved);
    expect(await marks()).toEqual([{ id, committed: 1, undo: null }]);
    const dialect = restores();
    expect(await dialect.wasCommitted(id)).toBe(true);
    await query(`INSERT INTO users (name) VALUES ('x')`);
    const [{ id: next, name }] = (await query('SELECT * FROM users WHERE id > 2')) as [any];
    expect([next, name]).toEqual([91, 'Ü']);
    await dialect.forget(id);
    expect(await marks()).toEqual([]);
    expect(await dialect.wasCommitted(id)).toBe(false);
  });

  it('any number of rows, short and long', async () => {
    await query('CREATE TABLE t (id INT PRIMARY KEY, n INT, v VARCHAR(9000))');
    const long = `REPEAT('ü', seq % 9000)`;
    await query(
      `INSERT INTO t SELECT seq, IF(seq % 3, seq, NULL), IF(seq % 97, 'x', ${long}) FROM ${numbers(1, 5003)}`,
    );
    const saved = await save(target());
    await query('UPDATE t SET v = NULL');
    await restore(target(), saved);
    expect(await save(target())).toEqual(saved);
  });

  it('triggers as they were: definer, modes, character sets, order, the database of another collation', async () => {
    const before = async () => JSON.parse(await state()).slice(-8);
    const saved = await prepare();
    await query('ALTER DATABASE COLLATE utf8mb3_bin');
    const triggers = await before();
    await restore(target(), saved);
    expect(await before()).toEqual(triggers);
    const [{ c }] = (await query('SELECT @@collation_database AS c')) as [any];
    expect(c).toBe('utf8mb3_bin');
  });

  itOn(
    'mariadb',
    engine,
    'system versioning',
  )('a system-versioned table: its rows; what they were before goes into its history', async () => {
    await query('CREATE TABLE v (id INT PRIMARY KEY, n INT) WITH SYSTEM VERSIONING');
    await query('INSERT INTO v VALUES (1, 1), (2, 2)');
    const saved = await save(target());
    await query('UPDATE v SET n = 7');
    await restore(target(), saved);
    expect(await save(target())).toEqual(saved);
    expect(await query('SELECT id FROM v FOR SYSTEM_TIME ALL')).toHaveLength(6);
  });

  itOn(
    'mariadb',
    engine,
    'sequences',
  )('a sequence that had run out', async () => {
    await query('CREATE SEQUENCE s MAXVALUE 3 CACHE 1');
    await query('SELECT NEXTVAL(s), NEXTVAL(s), NEXTVAL(s)');
    const saved = await save(target());
    await query('ALTER SEQUENCE s RESTART 2');
    await restore(target(), saved);
    expect(await save(target())).toEqual(saved);
  });
});
