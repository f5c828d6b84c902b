import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type BackupApp, backupApp, readBackup } from '../fixtures/backup.js';
import { describeEngine, engines, type TestDatabase } from '../fixtures/databases.js';

const ROWS = 30_000;
const onDisk = engines.filter(({ name }) => name.startsWith('better-sqlite3'));

/** Holds the backup lock of a database in a process of its own; resolves when it does. */
async function holdLock(file: string) {
  const script = `
    const database = new (require('better-sqlite3'))(process.argv[1] + '.backup-lock', { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
    console.log('held');
    setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['-e', script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  return holder;
}

for (const each of engines.filter(({ family }) => family === 'sqlite')) {
  describeEngine('the application meanwhile', each, (engine) => {
    let database: TestDatabase;
    let app: BackupApp;

    beforeEach(async () => {
      database = await engine.create();
      app = await backupApp(database, {}, { unmappedTables: 'include' });
      await app.dataSource.query('CREATE TABLE bulk (id integer PRIMARY KEY, filler text)');
      await app.dataSource.query(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS}) INSERT INTO bulk SELECT i, hex(randomblob(60)) FROM n`,
      );
    });
    afterEach(async () => {
      await app.close();
      await database.drop();
    });

    it('writes on, and none of it is in the archive', async () => {
      const { stream } = await app.service.create();
      const archive = Promise.resolve().then(async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of stream) chunks.push(chunk as Buffer);
        return Buffer.concat(chunks);
      });
      let written = 0;
      while (!stream.readableEnded) {
        await app.dataSource.query(`INSERT INTO bulk (filler) VALUES ('later')`);
        written++;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      const lines = (await readBackup(await archive)).of('bulk');
      expect(lines).toHaveLength(ROWS);
      expect(lines.filter(({ fields }) => fields.filler === 'later')).toEqual([]);
      expect(written).toBeGreaterThan(10);
    });

    it('keeps its own transaction to itself', async () => {
      const runner = app.dataSource.createQueryRunner();
      await runner.startTransaction();
      await runner.query(`INSERT INTO bulk (filler) VALUES ('not yet')`);
      const backup = app.backUp();
      // In memory there is no other view of the database, so the backup waits for the transaction's end.
      if (engine.name === 'sql.js') setTimeout(() => void runner.rollbackTransaction(), 200);
      const { of } = await backup;
      expect(of('bulk').filter(({ fields }) => fields.filler === 'not yet')).toEqual([]);
      if (runner.isTransactionActive) await runner.rollbackTransaction();
    });

    it('finds the event loop free', async () => {
      const ticks: number[] = [];
      let last = performance.now();
      const timer = setInterval(() => {
        ticks.push(performance.now() - last);
        last = performance.now();
      }, 1);
      await text((await app.service.create()).stream);
      clearInterval(timer);
      const slow = ticks.filter((milliseconds) => milliseconds > 60);
      expect(ticks.length).toBeGreaterThan(20);
      // Collections of garbage and the other worker's turn may take one or the other.
      expect(slow.length).toBeLessThan(ticks.length / 10);
    });

    it('is refused a second backup until the first one ends', async () => {
      const { stream } = await app.service.create();
      await expect(app.service.create()).rejects.toMatchObject({ code: 'LOCKED' });
      stream.destroy();
      await once(stream, 'close');
      await new Promise((resolve) => setTimeout(resolve, 100));
      await text((await app.service.create()).stream);
    });
  });
}

for (const each of onDisk) {
  describeEngine('files beside the database', each, (engine) => {
    let database: TestDatabase;
    let app: BackupApp;
    let file: string;
    const beside = () => readdirSync(dirname(file)).filter((name) => name.includes('.backup-copy-'));

    beforeEach(async () => {
      database = await engine.create();
      file = (database.options as { database: string }).database;
      app = await backupApp(database, {}, { unmappedTables: 'include' });
      await app.dataSource.query('CREATE TABLE bulk AS SELECT hex(randomblob(4000000)) AS filler');
    });
    afterEach(async () => {
      await app.close();
      await database.drop();
    });

    it('are a copy that nobody else may read, while it is made, and none as soon as the stream is there', async () => {
      const modes = new Set<number>();
      const watch = setInterval(() => {
        for (const name of beside()) modes.add(statSync(join(dirname(file), name)).mode & 0o777);
      }, 1);
      const { stream } = await app.service.create();
      clearInterval(watch);
      expect(beside()).toEqual([]);
      expect([...modes]).toEqual(engine.name.includes('WAL') ? [] : [0o600]);
      await text(stream);
    });

    it('that a killed backup left are removed by the next', async () => {
      writeFileSync(`${file}.backup-copy-0123456789abcdef`, 'stale');
      await app.backUp();
      expect(beside()).toEqual([]);
    });

    it('hold the lock against other processes, and are free when their holder is killed', async () => {
      const holder = await holdLock(file);
      try {
        await expect(app.service.create()).rejects.toMatchObject({ code: 'LOCKED' });
      } finally {
        holder.kill('SIGKILL');
        await once(holder, 'exit');
      }
      await app.backUp();
    });
  });
}
