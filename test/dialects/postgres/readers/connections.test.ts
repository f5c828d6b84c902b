import { Socket } from 'node:net';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { ownShare } from '../../../../lib/database/dialects/postgres/readers/index.js';
import { openSnapshot } from '../../../../lib/database/dialects/postgres/snapshot.js';
import { describeEngine } from '../../../fixtures/databases.js';
import { describePgBouncer, PgBouncer } from '../../../fixtures/pgbouncer.js';
import { createPostgresRole } from '../../../fixtures/postgres-role.js';
import { EIGHT, mostSessions, ONE, readersSuite, rest, urlOf } from './support.js';

describeEngine('Connections that read large tables', 'postgres', (engine) => {
  const { database, open, untilSessions, makeBig } = readersSuite(engine);

  it('need no more connections than there are: of others, none is waited for', async () => {
    await makeBig();
    const expected = await rest((await open(ONE)).lines('big'));
    const silent: Socket[] = [];
    let made = 0;
    /** From the third connection on, every second one never answers and the others are refused. */
    const stream = () => {
      made++;
      if (made < 3) return new Socket();
      if (made % 2 > 0) return new RefusedSocket();
      silent.push(new SilentSocket());
      return silent.at(-1);
    };
    const extra = { stream, connectionTimeoutMillis: 0 };
    const few = await new DataSource({ ...database().options, extra } as DataSourceOptions).initialize();
    const { lines, snapshot } = await open(EIGHT, few);
    expect((await rest(lines('big'))) === expected).toBe(true);
    expect(silent.length).toBeGreaterThan(2);
    await snapshot.close();
    expect(silent.every(({ destroyed }) => destroyed)).toBe(true);
    await few.destroy();
  });

  it('are those alone that have a column of a type for which it is worth that', async () => {
    await database().query('CREATE TABLE listed AS SELECT ARRAY[g, g] AS list FROM generate_series(1, 40000) g');
    await makeBig();
    const { lines } = await open({ ...EIGHT, types: ownShare().types });
    expect(await mostSessions(database(), lines('big'))).toBe(1);
    const iterator = lines('listed');
    await iterator.next();
    await untilSessions((count) => count > 1);
    await rest(iterator);
  });

  it('take no connection that others may need: a role with few has one reader', async () => {
    await makeBig();
    const role = await createPostgresRole(database());
    await database().query(`ALTER ROLE ${role.name} CONNECTION LIMIT 5`);
    await database().query(`GRANT SELECT ON big TO ${role.name}`);
    const limited = await new DataSource(role.options).initialize();
    try {
      const { lines, snapshot } = await open(EIGHT, limited);
      expect(await mostSessions(database(), lines('big'))).toBe(1);
      await snapshot.close();
    } finally {
      await limited.destroy();
      await role.drop();
    }
  });

  it('are read over one where no snapshot can be exported', async () => {
    await makeBig();
    const role = await createPostgresRole(database());
    await database().query(`GRANT SELECT ON big TO ${role.name}`);
    await database().query('REVOKE EXECUTE ON FUNCTION pg_export_snapshot() FROM PUBLIC');
    const limited = await new DataSource(role.options).initialize();
    try {
      const { lines, snapshot } = await open(EIGHT, limited);
      expect((await rest(lines('big'))).split('\n')).toHaveLength(15_001);
      await snapshot.close();
    } finally {
      await limited.destroy();
      await role.drop();
    }
  });
});

describePgBouncer('Tables behind a pooler', (engine) => {
  it('are read over one connection: its others are for everybody', async () => {
    const database = await engine.create();
    await database.query('CREATE TABLE big AS SELECT repeat(md5(g::text), 30) AS t FROM generate_series(1, 9000) g');
    const pooler = await PgBouncer.before(process.env.TEST_PG_URL!);
    const source = await new DataSource({ type: 'postgres', url: pooler.through(urlOf(database)) }).initialize();
    try {
      const snapshot = await openSnapshot(source, { choose: (tables) => tables }, EIGHT);
      const iterator = snapshot.lines(snapshot.tables[0]!, 'big')[Symbol.asyncIterator]();
      expect(await mostSessions(database, iterator)).toBe(1);
      await snapshot.close();
    } finally {
      await source.destroy();
      await pooler.stop();
      await database.drop();
    }
  });
});

/** Its server does not answer. */
class SilentSocket extends Socket {
  override connect(): this {
    return this;
  }
}

class RefusedSocket extends Socket {
  override connect(): this {
    return this.destroy(new Error('refused'));
  }
}
