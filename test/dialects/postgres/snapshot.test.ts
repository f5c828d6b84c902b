import { text } from 'node:stream/consumers';
import pg from 'pg';
import { readBackup } from '../../fixtures/backup.js';
import { backupSuite } from '../../fixtures/backup-suite.js';
import { describeEngine } from '../../fixtures/databases.js';
import { allowing, until } from '../../fixtures/wait.js';

describeEngine('snapshot and lock', 'postgres', (engine) => {
  let other: pg.Client;
  afterEach(() => other.end());
  const { app, database, query } = backupSuite(engine);

  const connectionsEnd = () =>
    until('no connection is left', async () => {
      const rows = await query(
        `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'nestjs-backup'`,
      );
      return rows.length === 0;
    });

  beforeEach(async () => {
    await query('CREATE TABLE account (id int PRIMARY KEY, amount int)');
    await query('CREATE TABLE vault (id int PRIMARY KEY, amount int)');
    for (const table of ['account', 'vault']) {
      await query(`INSERT INTO ${table} SELECT g, 100 FROM generate_series(1, 50) g`);
    }
    await query(
      `CREATE TABLE bulk AS SELECT g AS id, repeat(md5(g::text), 30) AS filler FROM generate_series(1, 40000) g`,
    );
    other = new pg.Client({ connectionString: (database().options as { url: string }).url });
    other.on('error', () => {});
    await other.connect();
  });

  it('shows one moment, however much is written meanwhile', async () => {
    let stop = false;
    const load = (async () => {
      while (!stop) {
        const id = 1 + Math.floor(Math.random() * 50);
        const amount = Math.floor(Math.random() * 21) - 10;
        await other.query(
          `BEGIN; UPDATE account SET amount = amount - ${amount} WHERE id = ${id};
           UPDATE vault SET amount = amount + ${amount} WHERE id = ${id}; COMMIT`,
        );
      }
    })();
    for (let round = 0; round < 5; round++) {
      const { of } = await app().backUp();
      // The two tables are read one after the other, with a larger one in between.
      const amounts = [...of('account'), ...of('vault')].map(({ fields }) => fields.amount as number);
      expect(amounts).toHaveLength(100);
      expect(amounts.reduce((sum, amount) => sum + amount, 0)).toBe(10_000);
    }
    stop = true;
    await load;
  });

  it('makes TRUNCATE wait, so that no table reads as empty', async () => {
    const { stream } = await app().service.create();
    await other.query("SET lock_timeout = '200ms'");
    await expect(other.query('TRUNCATE bulk')).rejects.toMatchObject({ code: '55P03' });
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    expect((await readBackup(Buffer.concat(chunks))).of('bulk')).toHaveLength(40_000);
    await other.query('TRUNCATE bulk');
  });

  it('is not waited for longer than ten seconds when a table stays locked, and the table is named', async () => {
    await other.query('BEGIN; LOCK TABLE account IN ACCESS EXCLUSIVE MODE');
    await expect(app().service.create()).rejects.toMatchObject({
      code: 'DATABASE_BUSY',
      message: expect.stringContaining('"account"'),
    });
    await other.query('ROLLBACK');
    await connectionsEnd();
  });

  it('lets nobody else begin until the stream has ended', async () => {
    const { stream } = await app().service.create();
    await expect(app().service.create()).rejects.toMatchObject({ code: 'LOCKED' });
    await text(stream);
    await text((await app().service.create()).stream);
  });

  it('ends with its reader: transaction, connections and lock are gone within a second', async () => {
    const { stream } = await app().service.create();
    stream.once('readable', () => stream.destroy());
    await new Promise((resolve) => stream.once('close', resolve));
    await connectionsEnd();
    await text((await app().service.create()).stream);
  });

  it('ends with the signal, also while it waits for a table', async () => {
    await other.query('BEGIN; LOCK TABLE account IN ACCESS EXCLUSIVE MODE');
    const stop = new AbortController();
    const create = app().service.create({ signal: stop.signal });
    setTimeout(() => stop.abort(), 300);
    await expect(create).rejects.toMatchObject({ code: 'ABORTED' });
    await connectionsEnd();
    await other.query('ROLLBACK');
  });

  it('ends with the signal, at whatever moment of its beginning it comes', async () => {
    await other.query('BEGIN; LOCK TABLE account IN ACCESS EXCLUSIVE MODE');
    for (let delay = 0; delay < 40; delay += 2) {
      const stop = new AbortController();
      const create = app().service.create({ signal: stop.signal });
      const started = performance.now();
      setTimeout(() => stop.abort(), delay);
      await expect(create).rejects.toMatchObject({ code: 'ABORTED' });
      expect(performance.now() - started).toBeLessThan(allowing(3_000));
    }
    await other.query('ROLLBACK');
  });

  it.each(['snapshot', 'lock'])('breaks the stream when the connection of the %s is killed', async (which) => {
    const { stream } = await app().service.create();
    const own = `query ${which === 'lock' ? 'LIKE' : 'NOT LIKE'} '%pg_try_advisory%'`;
    await until('the connection is killed', async () => {
      const killed = await query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'nestjs-backup' AND ${own}`,
      );
      return killed.length > 0;
    });
    await expect(text(stream)).rejects.toMatchObject({ code: which === 'lock' ? 'LOCK_LOST' : 'DATABASE_FAILED' });
    await connectionsEnd();
    await text((await app().service.create()).stream);
  });
});
