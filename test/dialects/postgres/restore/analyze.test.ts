import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import type { CatalogTable } from '../../../../lib/database/catalog-table.js';
import { DatabaseService } from '../../../../lib/database/database.service.js';
import { type BackupApp, backupApp } from '../../../fixtures/backup.js';
import { describeEngine, type TestDatabase } from '../../../fixtures/databases.js';
import { otherSession } from '../../../fixtures/other-session.js';

/**
 * A function that finds its table by the search path of the application, as far as the server lets indexes depend on that,
 * and takes its time when it is told to.
 */
const schema = (version: number) => [
  'CREATE SCHEMA app',
  'CREATE TABLE app.patience (seconds float8)',
  `CREATE FUNCTION app.slowly(int) RETURNS int LANGUAGE plpgsql IMMUTABLE
     AS 'BEGIN PERFORM pg_sleep(seconds) FROM ${version < 170_000 ? '' : 'app.'}patience; RETURN $1; END'`,
  'SET search_path = app, public',
  'CREATE TABLE a_slow (id int)',
  'CREATE INDEX ON a_slow (slowly(id))',
  'CREATE TABLE quick (id int)',
  'CREATE TABLE parts (id int) PARTITION BY LIST (id)',
  'CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1)',
  'CREATE FOREIGN DATA WRAPPER gone',
  'CREATE SERVER gone FOREIGN DATA WRAPPER gone',
  'CREATE FOREIGN TABLE parts_2 PARTITION OF parts FOR VALUES IN (2) SERVER gone',
];
const ROWS = [
  'INSERT INTO app.a_slow SELECT generate_series(1, 100)',
  'INSERT INTO app.quick VALUES (1), (2)',
  'INSERT INTO app.parts VALUES (1)',
];
const TABLES = ['a_slow', 'quick', 'parts_1'];

describeEngine('The statistics of restored tables', 'postgres', (engine) => {
  let database: TestDatabase;
  let app: BackupApp;
  let files: string;
  let archive: Buffer;
  const restore = () => app.get(RestoreService).restore(Readable.from([archive]), { replace: true });
  const known = async () => {
    const rows = await database.query(
      `SELECT relname AS name, reltuples::int AS rows FROM pg_class WHERE relname IN ('a_slow', 'quick', 'parts_1') ORDER BY 1`,
    );
    return Object.fromEntries(rows.map(({ name, rows: count }) => [name, count]));
  };

  beforeEach(async () => {
    database = await engine.create();
    files = mkdtempSync(join(tmpdir(), 'nestjs-backup-analyze-'));
    const other = await otherSession(database);
    const [server] = await database.query(`SELECT current_setting('server_version_num')::int AS version`);
    for (const sql of [...schema(server!.version), ...ROWS]) await other.run(sql);
    for (const name of TABLES) await other.run(`ALTER TABLE ${name} SET (autovacuum_enabled = off)`);
    await other.end();
    app = await backupApp(
      database,
      { extra: { options: '-c search_path=app,public' } },
      { unmappedTables: 'include', dataDirs: { files } },
    );
    writeFileSync(join(files, 'a.txt'), 'saved');
    archive = await buffer((await app.service.create()).stream);
    writeFileSync(join(files, 'a.txt'), 'newer');
  });
  afterEach(async () => {
    await app.close();
    await database.drop();
    rmSync(files, { recursive: true, force: true });
  });

  /** Has something happen right before they are gathered. */
  function before(work: (tables: readonly CatalogTable[]) => Promise<unknown>): void {
    const { restores } = app.get(DatabaseService);
    const tidyUp = restores.tidyUp!.bind(restores);
    restores.tidyUp = async (tables) => {
      await work(tables);
      await tidyUp(tables);
    };
  }

  it('are those of the new rows, whatever functions indexes call and wherever other partitions are', async () => {
    await restore();
    expect(await known()).toEqual({ a_slow: 100, quick: 2, parts_1: 1 });
  });

  it('are gathered once the files are in their places, and without waiting for whoever holds a table', async () => {
    const other = await otherSession(database);
    let seen: string | undefined;
    before(async () => {
      seen = readFileSync(join(files, 'a.txt'), 'utf8');
      // As a VACUUM does, for hours.
      await other.run('BEGIN; LOCK TABLE app.a_slow IN SHARE UPDATE EXCLUSIVE MODE');
    });
    const began = performance.now();
    await restore();
    // The limit of all tables together is a minute.
    expect(performance.now() - began).toBeLessThan(45_000);
    await other.end();
    expect(seen).toBe('saved');
    expect(await known()).toEqual({ a_slow: -1, quick: 2, parts_1: 1 });
  });

  it('are gathered for a minute at most, by whatever table that is used up', async () => {
    const { now } = Date;
    before(async () => {
      await database.query('INSERT INTO app.patience VALUES (1)');
      // The second time, which is the first table's, half a second is left.
      const later = [0, 59_500];
      Date.now = () => now() + (later.shift() ?? 60_500);
    });
    const began = performance.now();
    await restore().finally(() => (Date.now = now));
    // Of a hundred rows it would be as many seconds.
    expect(performance.now() - began).toBeLessThan(90_000);
    expect(await known()).toEqual({ a_slow: -1, quick: -1, parts_1: -1 });
  });
});
