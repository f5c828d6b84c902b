import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BackupModule, BackupService, RestoreService } from 'nestjs-backup';
import { DataSource, EntitySchema } from 'typeorm';
import { readBackup } from '../../fixtures/backup.js';

const Doc = new EntitySchema<{ id: number }>({
  name: 'Doc',
  tableName: 'doc',
  columns: { id: { type: 'integer', primary: true, generated: 'increment' } },
});

describe.each([{ type: 'better-sqlite3', database: ':memory:' }, { type: 'sqljs' }])('A table of $type', (own) => {
  it('that the catalog spells in another case than its entity is saved and restored, with its counter', async () => {
    const app = await Test.createTestingModule({
      imports: [TypeOrmModule.forRoot({ ...own, entities: [Doc] } as object), BackupModule.forRoot({})],
    }).compile();
    await app.init();
    try {
      const database = app.get(DataSource);
      await database.query('CREATE TABLE DOC (id integer PRIMARY KEY AUTOINCREMENT NOT NULL)');
      await database.query('INSERT INTO doc VALUES (1), (9)');
      await database.query('DELETE FROM doc WHERE id = 9');
      const archive = await buffer((await app.get(BackupService).create()).stream);
      const { manifest } = await readBackup(archive);
      expect(manifest).toMatchObject({ warnings: [], tables: [{ name: 'doc', rows: 1 }] });

      await database.query('DELETE FROM doc');
      await database.query('DELETE FROM sqlite_sequence');
      await app.get(RestoreService).restore(Readable.from([archive]), { replace: true });
      await database.getRepository(Doc).insert({});
      expect(await database.query('SELECT id FROM doc ORDER BY id')).toEqual([{ id: 1 }, { id: 10 }]);
      expect(await database.query('SELECT name FROM sqlite_sequence')).toEqual([{ name: 'DOC' }]);
    } finally {
      await app.close();
    }
  });
});
