import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { sqliteRestore } from '../../../../lib/database/dialects/sqlite/restore/index.js';
import { everyday } from '../../../fixtures/everyday.js';
import { find } from '../../support/lines.js';
import { begin, columnsOf, restore, save } from '../../support/saved.js';
import { run } from '../harness.js';
import { enforced, restoreSuite } from './harness.js';

const { connect } = restoreSuite();

describe.each(everyday([':memory:', 'sql.js'] as const, 1))("the application's only connection [%s]", (kind) => {
  it('is refused while the application has a transaction open, which stays its own', async () => {
    const to = await connect(kind);
    await run(to, 'CREATE TABLE t (id integer PRIMARY KEY)');
    const runner = to.createQueryRunner();
    await runner.startTransaction();
    await runner.query('INSERT INTO t VALUES (1)');
    const session = await sqliteRestore(to).openRestore();
    await expect(begin(session)).rejects.toMatchObject({ code: 'DATABASE_BUSY' });
    await session.close();
    await runner.commitTransaction();
    expect(await to.query('SELECT id FROM t')).toEqual([{ id: 1 }]);
    expect(await enforced(to)).toBe(1);
  });

  it('has its temporary triggers set aside, and its foreign keys left as they were', async () => {
    const [from, to] = [await connect(kind), await connect(kind)];
    for (const dataSource of [from, to]) {
      await run(dataSource, 'CREATE TABLE t (id integer PRIMARY KEY, v text)', 'CREATE TABLE other (v text)');
    }
    await run(from, `INSERT INTO t VALUES (1, 'a')`);
    await run(
      to,
      `CREATE TEMP TRIGGER spy AFTER INSERT ON main.t BEGIN INSERT INTO other VALUES ('x'); END`,
      'PRAGMA foreign_keys = OFF',
    );
    await restore(to, await save(from));
    expect(await to.query('SELECT v FROM other')).toEqual([]);
    await run(to, `INSERT INTO t VALUES (2, 'b')`);
    expect(await to.query('SELECT v FROM other')).toEqual([{ v: 'x' }]);
    expect(await enforced(to)).toBe(0);
  });
});

it('holds no batch longer than it needs it', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const to = await connect(':memory:');
  await run(to, 'CREATE TABLE t (id integer PRIMARY KEY)');
  const session = await sqliteRestore(to).openRestore();
  await begin(session);
  const batches: Array<WeakRef<object>> = [];
  let held = 0;
  async function* source() {
    for (let at = 0; at < 100; at++) {
      const batch = [[at]];
      batches.push(new WeakRef(batch));
      yield batch;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
    collect();
    held = batches.filter((batch) => batch.deref() !== undefined).length;
  }
  const table = find(session, 't');
  await session.load(table, columnsOf(table), source());
  await session.close();
  expect(batches).toHaveLength(100);
  expect(held).toBeLessThan(10);
});
