import { randomUUID } from 'node:crypto';
import { describeMysqlEngines } from '../../../fixtures/databases.js';
import { TcpProxy } from '../../../fixtures/tcp-proxy.js';
import { loadAll, restore, save } from '../../support/saved.js';
import { restoreSuite } from './harness.js';

describeMysqlEngines('the outcome of a restore of MySQL', (engine) => {
  const { cleanup, connect, database, open, prepare, query, restores, state, target } = restoreSuite(engine);

  it.each(['before the server hears of it', 'when the server has done it'])(
    'is unknown when the connection breaks at the commit, %s; the mark knows it',
    async (moment) => {
      const saved = await prepare();
      const before = await state();
      const { proxy, options } = await TcpProxy.before(database().options);
      cleanup(() => proxy.close());
      const through = await connect(options);
      const session = await open(undefined, through);
      const id = randomUUID();
      await session.begin(id, session.tables);
      await loadAll(session, saved);
      await session.complete(saved.sequences);
      const inner = (session as unknown as { connection: { query(sql: string): Promise<unknown> } }).connection;
      const query = inner.query.bind(inner);
      inner.query = async (sql, ...rest: []) => {
        if (sql === 'COMMIT') {
          if (moment.startsWith('when')) await query(sql);
          proxy.refuse();
        }
        return query(sql, ...rest);
      };
      await expect(session.commit()).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
      await expect(session.close()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      const dialect = restores();
      expect(await dialect.wasCommitted(id)).toBe(moment.startsWith('when'));
      await dialect.recover();
      await dialect.recover();
      if (moment.startsWith('when')) expect(await save(target())).toEqual(saved);
      else expect(await state()).toBe(before);
      expect(await dialect.wasCommitted(id)).toBe(moment.startsWith('when'));
    },
  );

  it('recovers nothing where there is nothing', async () => {
    const dialect = restores();
    await dialect.recover();
    await dialect.forget(randomUUID());
    expect(await dialect.wasCommitted(randomUUID())).toBe(false);
    expect(await query('SHOW TABLES')).toEqual([]);
  });

  it('tells which tables hold rows, and leaves its own out', async () => {
    await query('CREATE TABLE a (id INT)');
    await query('CREATE TABLE b (id INT)');
    await query('INSERT INTO b VALUES (1)');
    await restore(target(), { tables: [], sequences: [] });
    const session = await open();
    expect(session.tables.map(({ name }) => name)).toEqual(['a', 'b']);
    expect((await session.occupied(session.tables)).map(({ name }) => name)).toEqual(['b']);
    await session.close();
  });
});
