import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RestoreService } from 'nestjs-backup';
import { backupApp } from '../fixtures/backup.js';
import { describeEngine, type Engine, engines, type TestDatabase } from '../fixtures/databases.js';
import { content, FROZEN_AES_KEY, files } from './content.mjs';

const FORMATS = join(import.meta.dirname, 'archives');
/** Every archive that a release could have written: each format has a folder. */
const formats = await readdir(FORMATS);

/** The archives were made by sql.js too; what writes to a disk has no part in them. */
const archiveOf = ({ name }: Engine) => name.replace(' (WAL)', '');

it('has the archives of each engine, plain and encrypted', async () => {
  expect(formats).toEqual(['nestjs-backup-1']);
  const each = ['better-sqlite3', 'mariadb', 'postgres', 'sql.js'].flatMap((name) => [
    `${name}.zip`,
    `${name}.zip.crypt`,
  ]);
  for (const format of formats) expect(await readdir(join(FORMATS, format))).toEqual(each);
});

// MySQL was no engine of its own yet when they were written.
for (const engine of engines.filter(({ name }) => name !== 'mysql')) {
  describeEngine('An archive that was written once', engine, () => {
    let folder: string;
    let database: TestDatabase;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'nestjs-backup-frozen-'));
      await mkdir(join(folder, 'files'));
      database = await engine.create();
    });
    afterEach(async () => {
      await database.drop();
      await rm(folder, { recursive: true });
    });

    it.each(
      formats.flatMap((format) => [
        [format, '.zip', undefined],
        [format, '.zip.crypt', FROZEN_AES_KEY],
      ]),
    )('of the format %s restores for ever: %s', async (format, ending, aesKey) => {
      const { schema, checks } = content[engine.family];
      const create = async () => {
        for (const statement of schema) await database.query(statement);
      };
      if (!database.image) await create();
      const app = await backupApp(
        database,
        {},
        { unmappedTables: 'include', dataDirs: { files: join(folder, 'files') } },
      );
      try {
        if (database.image) await create();
        const archive = join(FORMATS, format!, archiveOf(engine) + ending);
        const report = await app.get(RestoreService).restore(archive, { aesKey });
        expect(report.complete).toBe(true);
        for (const [sql, rows] of Object.entries(checks)) expect(await database.query(sql)).toEqual(rows);
        for (const [name, text] of Object.entries(files)) {
          expect(await readFile(join(folder, 'files', name), 'utf8')).toBe(text);
        }
        expect(await readdir(join(folder, 'files/deep/empty'))).toEqual([]);
      } finally {
        await app.close();
      }
    });
  });
}
