import { Socket } from 'node:net';
import pg from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { ownShare, type ReadingShare } from '../../../lib/database/dialects/postgres/readers/index.js';
import { openSnapshot } from '../../../lib/database/dialects/postgres/snapshot.js';
import type { LineBlock } from '../../../lib/jsonl/format.js';
import { describeEngine, type TestDatabase } from '../../fixtures/databases.js';
import { describePgBouncer, PgBouncer } from '../../fixtures/pgbouncer.js';
import { createPostgresRole } from '../../fixtures/postgres-role.js';
import { postgresSetup, postgresTypes } from '../../fixtures/types/postgres.js';
import { until } from '../../fixtures/wait.js';

const KB = 1024;
const ONE: ReadingShare = { connections: 1, leastTable: 0, part: 0, types: /^/, ahead: 0 };
const EIGHT: ReadingShare = { connections: 8, leastTable: 128 * KB, part: 16 * KB, types: /^/, ahead: 256 * KB };

describeEngine('Tables that several connections read', 'postgres', (engine) => {
  let database: TestDatabase;
  let source: DataSource;
  let other: pg.Client;
  const opened: Array<{ close(): Promise<void> }> = [];

  beforeEach(async () => {
    database = await engine.create();
    source = await new DataSource(database.options).initialize();
    other = new pg.Client({ connectionString: urlOf(database) });
    await other.connect();
  });
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
    await source.destroy();
    await other.end();
    await database.drop();
  });

  const open = async (share: ReadingShare, dataSource = source, signal?: AbortSignal) => {
    const snapshot = await openSnapshot(dataSource, { choose: (tables) => tables, signal }, share);
    opened.push(snapshot);
    const table = (name: string) => snapshot.tables.find((one) => one.name === name)!;
    const lines = (name: string) => snapshot.lines(table(name), name)[Symbol.asyncIterator]();
    return { snapshot, table, lines };
  };
  type Opened = Awaited<ReturnType<typeof open>>;

  /** @param joined tables that more than one connection is to read */
  async function readAll({ snapshot, lines }: Opened, joined: readonly string[]): Promise<Record<string, string>> {
    const read: Record<string, string> = {};
    for (const { name } of snapshot.tables) {
      const iterator = lines(name);
      const first = text((await iterator.next()).value);
      if (joined.includes(name)) await untilSessions((count) => count > 1);
      read[name] = `${first}${await rest(iterator)}`;
      if (joined.includes(name)) await untilSessions((count) => count === 1);
    }
    return read;
  }

  const sessions = () => sessionsOf(database);
  const untilSessions = (holds: (count: number) => boolean) =>
    until('the connections are as many', async () => holds((await sessions()).length), 2_000);

  /** Large enough that reading stops with parts left while nobody takes what has been read. */
  async function makeBig(): Promise<void> {
    await database.query('CREATE TABLE big (id int PRIMARY KEY, filler text)');
    await database.query(`INSERT INTO big SELECT g, repeat(md5(g::text), 30) FROM generate_series(1, 15000) g`);
  }

  /** Begins to read it over eight connections, of which all have begun. */
  async function begun(signal?: AbortSignal): Promise<Opened & { iterator: AsyncIterator<LineBlock>; first: string }> {
    await makeBig();
    const all = await open(EIGHT, source, signal);
    const iterator = all.lines('big');
    const { value } = await iterator.next();
    await untilSessions((count) => count === 8);
    return { ...all, iterator, first: text(value) };
  }

  it('have the same lines in the same order as over one, whatever is written meanwhile', async () => {
    for (const sql of postgresSetup) await database.query(sql);
    const columns = postgresTypes.map(([type], index) => `c${index} ${type}`);
    await database.query(`CREATE TABLE every_type (id serial, ${columns.join(', ')})`);
    const depth = Math.max(...postgresTypes.map((values) => values.length - 1));
    const names = columns.map((_, index) => `c${index}`).join(', ');
    for (let at = 1; at <= depth; at++) {
      const values = postgresTypes.map((literals) => (literals[at] ? `${literals[at]}::${literals[0]}` : 'NULL'));
      await database.query(`INSERT INTO every_type (${names}) VALUES (${values.join(', ')})`);
    }
    for (let times = 0; times < 6; times++) {
      await database.query(`INSERT INTO every_type (${names}) SELECT ${names} FROM every_type`);
    }

    await makeBig();
    await database.query('DELETE FROM big WHERE id BETWEEN 4000 AND 6000');
    await database.query('VACUUM big');
    await database.query('UPDATE big SET filler = filler || id WHERE id % 7 = 0');
    await database.query('DELETE FROM big WHERE id % 5 = 0 OR id > 14000');
    await database.query('CREATE TABLE long (id int, text text)');
    await database.query(`INSERT INTO long SELECT g, CASE WHEN g % 100 = 0 THEN repeat(md5(g::text) || '"', 160000)
      ELSE repeat('x', g) END FROM generate_series(1, 500) g`);
    await database.query(`CREATE TABLE log (day int, text text) PARTITION BY RANGE (day)`);
    await database.query(`CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (1000)`);
    await database.query(`CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM (1000) TO (5000)`);
    await database.query(`INSERT INTO log SELECT g, repeat(md5(g::text), 9) FROM generate_series(1, 4000) g`);
    await database.query(`CREATE TABLE child (extra int) INHERITS (big)`);
    await database.query(`INSERT INTO child SELECT g, repeat('c', 300), g FROM generate_series(1, 3000) g`);

    const one = await open(ONE);
    const eight = await open(EIGHT);
    let stop = false;
    const writing = (async () => {
      for (let id = 1; !stop; id++) {
        await other.query(`UPDATE big SET filler = 'new' WHERE id = ${id}; DELETE FROM big WHERE id = ${id + 9000}`);
        await other.query(`INSERT INTO big SELECT ${20_000 + id}, repeat('later', 400)`);
      }
    })();
    const expected = await readAll(one, []);
    await one.snapshot.close();
    const found = await readAll(eight, ['big', 'child', 'every_type', 'long']);
    stop = true;
    await writing;
    expect(Object.keys(found)).toEqual(['big', 'child', 'every_type', 'log', 'long']);
    for (const [name, lines] of Object.entries(expected)) {
      expect(lines.length).toBeGreaterThan(256 * KB);
      expect([name, found[name] === lines]).toEqual([name, true]);
    }
  });

  it('have at most one long row in memory: the others stay with the server until it is their turn', async () => {
    await database.query('CREATE TABLE long (filler char(5000) NOT NULL, text text)');
    await database.query('ALTER TABLE long ALTER filler SET STORAGE PLAIN');
    await database.query(`INSERT INTO long SELECT '', repeat(md5(g::text), 640000) FROM generate_series(1, 12) g`);
    const iterator = (await open(EIGHT)).lines('long');
    await iterator.next();
    await until('eight servers wait to send the rest of their row', async () => {
      const [row] = await database.query(`SELECT count(*)::int AS n FROM pg_stat_activity
        WHERE application_name = 'nestjs-backup' AND datname = current_database() AND wait_event = 'ClientWrite'`);
      return row!.n === 8;
    });
    expect((await rest(iterator)).split('\n')).toHaveLength(12);
  });

  it('leave no connection behind, and no table locked by them', async () => {
    const { iterator, first, snapshot } = await begun();
    expect(`${first}${await rest(iterator)}`.split('\n')).toHaveLength(15_001);
    await untilSessions((count) => count === 1);
    await snapshot.close();
    await untilSessions((count) => count === 0);
  });

  it.each(['ALTER TABLE big ADD extra int', 'REINDEX INDEX big_pkey'])(
    'do not wait for each other around %s, which waits for one of them',
    async (sql) => {
      await makeBig();
      const { lines, snapshot, table } = await open(EIGHT);
      // The snapshot's own connection uses the index.
      await snapshot.select(table('big'), ['id'], 'id');
      const waiting = other.query(sql);
      await until('it waits', async () => {
        const [row] = await database.query('SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted');
        return row!.n > 0;
      });
      expect((await rest(lines('big'))).split('\n')).toHaveLength(15_001);
      await snapshot.close();
      await waiting;
    },
  );

  it('fail with any of the connections', async () => {
    const { iterator } = await begun();
    const pids = await sessions();
    await database.query('SELECT pg_terminate_backend($1)', [pids.at(-1)]);
    await expect(rest(iterator)).rejects.toMatchObject({ code: 'DATABASE_FAILED' });
    await opened.pop()!.close();
    await untilSessions((count) => count === 0);
  });

  it('end all connections with the signal', async () => {
    const stop = new AbortController();
    const { iterator } = await begun(stop.signal);
    stop.abort();
    await untilSessions((count) => count === 0);
    await expect(rest(iterator)).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('end all connections when their reader wants no more', async () => {
    const { iterator } = await begun();
    await iterator.return!();
    await untilSessions((count) => count === 1);
    await opened.pop()!.close();
    await untilSessions((count) => count === 0);
  });

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
    const few = await new DataSource({ ...database.options, extra } as DataSourceOptions).initialize();
    const { lines, snapshot } = await open(EIGHT, few);
    expect((await rest(lines('big'))) === expected).toBe(true);
    expect(silent.length).toBeGreaterThan(2);
    await snapshot.close();
    expect(silent.every(({ destroyed }) => destroyed)).toBe(true);
    await few.destroy();
  });

  it('are those alone that have a column of a type for which it is worth that', async () => {
    await database.query('CREATE TABLE listed AS SELECT ARRAY[g, g] AS list FROM generate_series(1, 40000) g');
    await makeBig();
    const { lines } = await open({ ...EIGHT, types: ownShare().types });
    expect(await mostSessions(database, lines('big'))).toBe(1);
    const iterator = lines('listed');
    await iterator.next();
    await untilSessions((count) => count > 1);
    await rest(iterator);
  });

  it('take no connection that others may need: a role with few has one reader', async () => {
    await makeBig();
    const role = await createPostgresRole(database);
    await database.query(`ALTER ROLE ${role.name} CONNECTION LIMIT 5`);
    await database.query(`GRANT SELECT ON big TO ${role.name}`);
    const limited = await new DataSource(role.options).initialize();
    try {
      const { lines, snapshot } = await open(EIGHT, limited);
      expect(await mostSessions(database, lines('big'))).toBe(1);
      await snapshot.close();
    } finally {
      await limited.destroy();
      await role.drop();
    }
  });

  it('are read over one where no snapshot can be exported', async () => {
    await makeBig();
    const role = await createPostgresRole(database);
    await database.query(`GRANT SELECT ON big TO ${role.name}`);
    await database.query('REVOKE EXECUTE ON FUNCTION pg_export_snapshot() FROM PUBLIC');
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

/** Process ids of the backup's connections, in the order in which they were made. */
async function sessionsOf({ query }: TestDatabase): Promise<number[]> {
  const rows = await query(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'nestjs-backup'
     ORDER BY backend_start`,
  );
  return rows.map(({ pid }) => pid as number);
}

/** How many there are at most while something is read. */
async function mostSessions(database: TestDatabase, iterator: AsyncIterator<LineBlock>): Promise<number> {
  let most = 0;
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    most = Math.max(most, (await sessionsOf(database)).length);
  }
  return most;
}

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

function text({ bytes }: LineBlock): string {
  return bytes.toString();
}

async function rest(iterator: AsyncIterator<LineBlock>): Promise<string> {
  const read: Buffer[] = [];
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    read.push(Buffer.from(next.value.bytes));
  }
  return Buffer.concat(read).toString();
}

function urlOf({ options }: TestDatabase): string {
  return (options as { url: string }).url;
}
