import { unlinkSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type BetterSqlite3 from 'better-sqlite3';
import { sqliteDialect } from '../../../lib/database/dialects/sqlite/index.js';
import { LoopWatch } from '../../fixtures/event-loop.js';
import { everyday } from '../../fixtures/everyday.js';
import { read } from '../support/lines.js';
import { FILES, fill, sqliteSuite } from './harness.js';

/** Longer than the library waits for a database that stays locked. */
const BUSY_TEST_MS = 180_000;

const { connectFilled, copies, file, open, repeat } = sqliteSuite();

describe.each(everyday(FILES, 1))('a snapshot of an SQLite file (%s)', (kind) => {
  it('opens although the application writes all the time, and shows a single moment', async () => {
    const dataSource = await connectFilled(kind, 30_000);
    await dataSource.query(fill(30_000, 'hex(randomblob(500))', 30_000));
    await dataSource.query('CREATE TABLE a (money int)');
    await dataSource.query('CREATE TABLE z (money int)');
    await dataSource.query('INSERT INTO a VALUES (1000)');
    await dataSource.query('INSERT INTO z VALUES (0)');
    const writer = repeat(
      () => 1,
      () =>
        dataSource.transaction(async (manager) => {
          await manager.query('UPDATE a SET money = money - 1');
          await sleep(1);
          await manager.query('UPDATE z SET money = money + 1');
        }),
    );
    await sleep(20);
    const snapshot = await open(dataSource);
    const money = async (name: string) => Number((await read(snapshot, name))[0]!.fields.money);
    const before = await money('a');
    expect(await read(snapshot, 't')).toHaveLength(60_000);
    expect(before + (await money('z'))).toBe(1000);
    expect(await writer.stop()).toBeGreaterThan(5);
  });

  it(
    'gives up, and leaves nothing, when the database stays locked by somebody else',
    async () => {
      const dataSource = await connectFilled(kind, 10, {
        prepareDatabase: (database: BetterSqlite3.Database) => void database.pragma('busy_timeout = 3000'),
      });
      await dataSource.query('PRAGMA locking_mode = EXCLUSIVE');
      await dataSource.query("INSERT INTO t (v) VALUES ('takes the lock for good')");
      if (kind === 'WAL file') {
        // Only a change of mode takes a lock that readers feel.
        await dataSource.query('PRAGMA journal_mode = DELETE');
        await dataSource.query("INSERT INTO t (v) VALUES ('and again')");
      }
      const watch = new LoopWatch();
      await expect(open(dataSource)).rejects.toMatchObject({ code: 'DATABASE_BUSY' });
      expect(watch.stop().utilization).toBeLessThan(0.5);
      expect(copies()).toEqual([]);
    },
    BUSY_TEST_MS,
  );

  it('says that the database is unavailable when its file is gone', async () => {
    const dataSource = await connectFilled(kind, 10);
    unlinkSync(file());
    await expect(open(dataSource)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await expect(sqliteDialect(dataSource).lock()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  });

  it('removes copies that a killed backup left, and nothing else of a similar name', async () => {
    const dataSource = await connectFilled(kind, 10);
    writeFileSync(`${file()}.backup-copy-0123456789abcdef`, 'stale');
    writeFileSync(`${file()}.backup-copy-0123456789abcdef-journal`, 'stale');
    writeFileSync(`${file()}.backup-copy-monday`, 'made by somebody');
    await open(dataSource);
    expect(copies()).toEqual([`${basename(file())}.backup-copy-monday`]);
  });
});
