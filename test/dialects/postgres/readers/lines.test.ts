import { describeEngine } from '../../../fixtures/databases.js';
import { postgresSetup, postgresTypes } from '../../../fixtures/types/postgres.js';
import { until } from '../../../fixtures/wait.js';
import { EIGHT, KB, ONE, readersSuite, rest } from './support.js';

describeEngine('Tables that several connections read', 'postgres', (engine) => {
  const { database, opened, other, open, readAll, sessions, untilSessions, makeBig, begun } = readersSuite(engine);

  it('have the same lines in the same order as over one, whatever is written meanwhile', async () => {
    for (const sql of postgresSetup) await database().query(sql);
    const columns = postgresTypes.map(([type], index) => `c${index} ${type}`);
    await database().query(`CREATE TABLE every_type (id serial, ${columns.join(', ')})`);
    const depth = Math.max(...postgresTypes.map((values) => values.length - 1));
    const names = columns.map((_, index) => `c${index}`).join(', ');
    for (let at = 1; at <= depth; at++) {
      const values = postgresTypes.map((literals) => (literals[at] ? `${literals[at]}::${literals[0]}` : 'NULL'));
      await database().query(`INSERT INTO every_type (${names}) VALUES (${values.join(', ')})`);
    }
    for (let times = 0; times < 6; times++) {
      await database().query(`INSERT INTO every_type (${names}) SELECT ${names} FROM every_type`);
    }

    await makeBig();
    await database().query('DELETE FROM big WHERE id BETWEEN 4000 AND 6000');
    await database().query('VACUUM big');
    await database().query('UPDATE big SET filler = filler || id WHERE id % 7 = 0');
    await database().query('DELETE FROM big WHERE id % 5 = 0 OR id > 14000');
    await database().query('CREATE TABLE long (id int, text text)');
    await database().query(`INSERT INTO long SELECT g, CASE WHEN g % 100 = 0 THEN repeat(md5(g::text) || '"', 160000)
      ELSE repeat('x', g) END FROM generate_series(1, 500) g`);
    await database().query(`CREATE TABLE log (day int, text text) PARTITION BY RANGE (day)`);
    await database().query(`CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (1000)`);
    await database().query(`CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM (1000) TO (5000)`);
    await database().query(`INSERT INTO log SELECT g, repeat(md5(g::text), 9) FROM generate_series(1, 4000) g`);
    await database().query(`CREATE TABLE child (extra int) INHERITS (big)`);
    await database().query(`INSERT INTO child SELECT g, repeat('c', 300), g FROM generate_series(1, 3000) g`);

    const one = await open(ONE);
    const eight = await open(EIGHT);
    let stop = false;
    const writing = (async () => {
      for (let id = 1; !stop; id++) {
        await other().query(`UPDATE big SET filler = 'new' WHERE id = ${id}; DELETE FROM big WHERE id = ${id + 9000}`);
        await other().query(`INSERT INTO big SELECT ${20_000 + id}, repeat('later', 400)`);
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
    await database().query('CREATE TABLE long (filler char(5000) NOT NULL, text text)');
    await database().query('ALTER TABLE long ALTER filler SET STORAGE PLAIN');
    await database().query(`INSERT INTO long SELECT '', repeat(md5(g::text), 640000) FROM generate_series(1, 12) g`);
    const iterator = (await open(EIGHT)).lines('long');
    await iterator.next();
    await until('eight servers wait to send the rest of their row', async () => {
      const [row] = await database().query(`SELECT count(*)::int AS n FROM pg_stat_activity
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
      const waiting = other().query(sql);
      await until('it waits', async () => {
        const [row] = await database().query('SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted');
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
    await database().query('SELECT pg_terminate_backend($1)', [pids.at(-1)]);
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
});
