import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import type { DataSourceOptions } from 'typeorm';
import { type BackupApp, backupApp } from '../fixtures/backup.js';
import { describeMysqlEngines, type TestDatabase } from '../fixtures/databases.js';
import { createMysqlUser, type MysqlUser, nameOf } from '../fixtures/mysql-users.js';

/** The counters of MySQL and MariaDB are set after the commit. */
describeMysqlEngines('A restore whose counters cannot be set', (engine) => {
  let database: TestDatabase;
  let user: MysqlUser;
  let folder: string;
  let archive: Buffer;
  const file = () => join(folder, 'a.txt');
  const rows = () => database.query('SELECT id FROM t ORDER BY id');
  const withApp = async <Result>(url: string, work: (app: BackupApp) => Promise<Result>): Promise<Result> => {
    const options = { ...database.options, url } as DataSourceOptions;
    const app = await backupApp({ options }, {}, { unmappedTables: 'include', dataDirs: { files: folder } });
    try {
      return await work(app);
    } finally {
      await app.close();
    }
  };
  const restore = () =>
    withApp(user.url, (app) => app.get(RestoreService).restore(Readable.from([archive]), { replace: true }));

  beforeEach(async () => {
    database = await engine.create();
    folder = await mkdtemp(join(tmpdir(), 'nestjs-backup-settled-'));
    await database.query('CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY)');
    await database.query('INSERT INTO t VALUES (1), (2)');
    await writeFile(file(), 'saved');
    user = await createMysqlUser(database, 'GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, TRIGGER ON');
    archive = await withApp(user.url, async ({ service }) => buffer((await service.create()).stream));
    await database.query('INSERT INTO t VALUES (50)');
    await writeFile(file(), 'later');
  });
  afterEach(async () => {
    await user.drop();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  it('is refused before anything is changed when that is known before', async () => {
    await expect(restore()).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringMatching(/may not ALTER tables.*Grant the database user ALTER/),
    });
    expect(await rows()).toHaveLength(3);
    expect(await readFile(file(), 'utf8')).toBe('later');
  });

  it('takes effect as a whole when it shows after the commit, and the next start sets them', async () => {
    const schema = nameOf(database);
    for (const host of ['%', 'localhost']) {
      await database.query(`GRANT ALTER, CREATE ON \`${schema}\`.nestjs_backup_restore TO '${user.name}'@'${host}'`);
    }
    const { warnings } = await restore();
    expect(await rows()).toEqual([{ id: 1 }, { id: 2 }]);
    expect(await readFile(file(), 'utf8')).toBe('saved');
    expect(warnings).toContainEqual(expect.stringMatching(/is still suspended; the next start restores it .*"t"/));
    await withApp((database.options as { url: string }).url, async () => {});
    await database.query('INSERT INTO t VALUES ()');
    expect((await rows()).at(-1)).toEqual({ id: 3 });
  });
});
