import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import { backupApp, readBackup } from '../../fixtures/backup.js';
import { describeEngine, engines } from '../../fixtures/databases.js';

for (const each of engines.filter(({ name }) => name.startsWith('better-sqlite3'))) {
  describeEngine('A database inside of a data directory', each, (engine) => {
    it('is saved as rows, and its files are left alone: reading them would drop their locks', async () => {
      const database = await engine.create();
      const { database: file } = database.options as { database: string };
      const app = await backupApp(database, {}, { dataDirs: { data: dirname(file) }, unmappedTables: 'include' });
      try {
        await app.dataSource.query('CREATE TABLE kept (id integer)');
        const { stream } = await app.service.create();
        await new Promise((resolve) => stream.once('readable', resolve));
        const { manifest, names, of } = await readBackup(await buffer(stream));
        expect(names.filter((name) => name.startsWith('data/'))).toEqual(['data/']);
        expect(manifest.warnings).toContainEqual(
          'data/test.sqlite: a database file, not saved because its content is saved as rows',
        );
        expect(manifest.warnings.some((warning) => warning.includes('.backup-lock'))).toBe(true);
        expect(manifest.complete).toBe(true);
        expect(of('kept')).toEqual([]);
        const archive = Readable.from([await buffer((await app.service.create()).stream)]);
        await expect(app.get(RestoreService).restore(archive, { replace: true })).rejects.toMatchObject({
          code: 'RESTORE_REFUSED',
          message: expect.stringContaining('the database itself is located in the data directory "data"'),
        });
      } finally {
        await app.close();
        await database.drop();
      }
    });
  });
}
