import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import { backupApp } from '../../../fixtures/backup.js';
import { describeEngine } from '../../../fixtures/databases.js';
import { restoreSeenFromBefore } from './seen-from-before.js';

const PAGES = [
  'CREATE TABLE page (id int PRIMARY KEY, text text)',
  `INSERT INTO page SELECT g, repeat('word ', 200) FROM generate_series(1, 2000) g`,
  'CREATE TABLE note (page int REFERENCES page)',
  'INSERT INTO note SELECT g FROM generate_series(1, 10) g',
];
const PARTS = [
  'CREATE TABLE parted (id int) PARTITION BY LIST (id)',
  'CREATE TABLE part PARTITION OF parted DEFAULT',
  'INSERT INTO parted VALUES (1), (2)',
];

describeEngine('A restore, to a transaction whose snapshot is from before it', 'postgres', (engine) => {
  it('shows all of its rows', async () => {
    const database = await engine.create();
    try {
      for (const sql of PAGES) await database.query(sql);
      expect(await restoreSeenFromBefore(database, ['page', 'note'])).toEqual({ page: 2000, note: 10 });
    } finally {
      await database.drop();
    }
  });

  it('shows none of its rows where one of its tables is partitioned, rather than those of the others', async () => {
    const database = await engine.create();
    try {
      for (const sql of [...PAGES, ...PARTS]) await database.query(sql);
      const tables = ['page', 'note', 'parted'];
      expect(await restoreSeenFromBefore(database, tables)).toEqual({ page: 0, note: 0, parted: 0 });
      expect(await database.query('SELECT count(*)::int AS n FROM page')).toEqual([{ n: 2000 }]);
    } finally {
      await database.drop();
    }
  });

  it('shows nothing of a restore that failed', async () => {
    const database = await engine.create();
    const app = await backupApp(database, {}, { unmappedTables: 'include' });
    try {
      for (const sql of PAGES) await database.query(sql);
      const archive = await buffer((await app.service.create()).stream);
      await database.query('DELETE FROM note; DELETE FROM page WHERE id > 5');
      // Refuses a row in the middle of a COPY.
      await database.query('ALTER TABLE page ADD CHECK (id < 1500)');
      const restore = app.get(RestoreService).restore(Readable.from([archive]), { replace: true });
      await expect(restore).rejects.toMatchObject({ code: 'RESTORE_FAILED' });
      expect(await database.query('SELECT id FROM page ORDER BY id')).toEqual([1, 2, 3, 4, 5].map((id) => ({ id })));
      expect(await database.query('SELECT page FROM note')).toEqual([]);
    } finally {
      await app.close();
      await database.drop();
    }
  });
});
