import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { RestoreService } from 'nestjs-backup';
import { type BackupApp, backupApp } from '../fixtures/backup.js';
import { describeEngine, type EngineName, type TestDatabase } from '../fixtures/databases.js';
import { temporaryDirectory } from '../fixtures/files.js';

const ROWS = process.env.TEST_LONG ? 1_000_000 : 10_000;
const PAGE = 50_000;
const TABLE = `CREATE TABLE bulk (id bigint PRIMARY KEY, words varchar(200) NOT NULL, weight double precision,
  amount decimal(20, 6), parent bigint, FOREIGN KEY (parent) REFERENCES bulk (id))`;

describe.each<EngineName>(['postgres', 'mariadb', 'mysql', 'better-sqlite3'])('%s', (name) => {
  describeEngine(`A table of ${ROWS} rows that refer to each other`, name, (engine) => {
    const directory = temporaryDirectory();
    const databases: TestDatabase[] = [];
    const apps: BackupApp[] = [];

    const open = async () => {
      const database = await engine.create();
      databases.push(database);
      await database.query(TABLE);
      apps.push(await backupApp(database, {}, { unmappedTables: 'include' }));
      return { ...database, app: apps.at(-1)! };
    };
    afterEach(async () => {
      for (const app of apps.splice(0)) await app.close();
      for (const database of databases.splice(0)) await database.drop();
    });

    /** Row by row from the rows that are there, in words that every engine understands. */
    async function fill({ query }: TestDatabase): Promise<void> {
      await query(`INSERT INTO bulk VALUES (1, 'row 1', 0.5, 0.5, NULL)`);
      for (let rows = 1; rows < ROWS; rows *= 2) {
        await query(`INSERT INTO bulk SELECT id + ${rows}, concat('tab\t "quoted" row ', id + ${rows}), (id + ${rows}) / 7.0,
          (id + ${rows}) * 1.000001, id FROM bulk WHERE id <= ${ROWS - rows}`);
      }
    }

    async function digest({ query }: TestDatabase): Promise<{ rows: number; sha256: string }> {
      const sha256 = createHash('sha256');
      let rows = 0;
      for (let page: unknown[] = [0]; page.length > 0; rows += page.length) {
        page = await query(`SELECT * FROM bulk WHERE id > ${rows} ORDER BY id LIMIT ${PAGE}`);
        for (const row of page) sha256.update(JSON.stringify(row));
      }
      return { rows, sha256: sha256.digest('hex') };
    }

    it('comes back as it was', async () => {
      const [source, target] = [await open(), await open()];
      await fill(source);
      await target.query(`INSERT INTO bulk VALUES (${ROWS + 1}, 'mine', NULL, NULL, NULL)`);
      const saved = await digest(source);
      expect(saved.rows).toBe(ROWS);

      const archive = directory.at('b.zip');
      const started = performance.now();
      await pipeline((await source.app.service.create()).stream, createWriteStream(archive));
      const written = performance.now();
      await target.app.get(RestoreService).restore(archive, { replace: true });
      const restored = performance.now();
      expect(await digest(target)).toEqual(saved);
      const [create, restore] = [written - started, restored - written].map((ms) => `${(ms / 1000).toFixed(1)} s`);
      console.info(`${engine.name}: ${ROWS} rows: backup ${create}, restore ${restore}`);
    }, 600_000);
  });
});
