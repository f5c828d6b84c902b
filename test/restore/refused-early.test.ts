import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import { backupApp } from '../fixtures/backup.js';
import { describeEngine } from '../fixtures/databases.js';
import { temporaryDirectory } from '../fixtures/files.js';
import { until } from '../fixtures/wait.js';

/** Enough for a thread of their own. */
const ROWS = `WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 2000)
  INSERT INTO page SELECT id, hex(randomblob(500)) FROM n`;

describeEngine('A restore that is refused', 'better-sqlite3', (engine) => {
  const folder = temporaryDirectory();

  it('reads no rows any more, and leaves no thread', async () => {
    const database = await engine.create();
    await database.query('CREATE TABLE page (id int PRIMARY KEY, text text)');
    await database.query(ROWS);
    // Each thread in use makes the exit of the process wait for it.
    const before = process.listenerCount('exit');
    const app = await backupApp(database, {}, { unmappedTables: 'include' });
    try {
      const archive = await buffer((await app.service.create()).stream);
      const restore = app.get(RestoreService).restore(Readable.from([archive]));
      await expect(restore).rejects.toMatchObject({ code: 'RESTORE_REFUSED' });
      await until('no thread', () => process.listenerCount('exit') === before);
    } finally {
      await app.close();
      await database.drop();
    }
  });

  it.each([
    ['is not there', () => {}],
    ['is a link that leads nowhere', (path: string) => symlinkSync(`${path}-gone`, path)],
  ])('names a data directory that %s, and leaves the rows', async (_, make) => {
    const database = await engine.create();
    await database.query('CREATE TABLE page (id int PRIMARY KEY, text text)');
    await database.query(ROWS);
    const files = join(folder.path, randomUUID());
    mkdirSync(files);
    const app = await backupApp(database, {}, { unmappedTables: 'include', dataDirs: { files } });
    try {
      const archive = await buffer((await app.service.create()).stream);
      await database.query('DELETE FROM page WHERE id > 1');
      rmSync(files, { recursive: true });
      make(files);
      const restore = app.get(RestoreService).restore(Readable.from([archive]), { replace: true });
      await expect(restore).rejects.toMatchObject({
        code: 'DIRECTORY_UNREADABLE',
        message: expect.stringContaining('"files"'),
      });
      expect(await database.query('SELECT count(*) AS rows FROM page')).toEqual([{ rows: 1 }]);
    } finally {
      await app.close();
      await database.drop();
    }
  });
});
