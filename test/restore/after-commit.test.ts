import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import { DatabaseService } from '../../lib/database/database.service.js';
import { type BackupApp, backupApp } from '../fixtures/backup.js';
import { describeEngine, type EngineName, type TestDatabase } from '../fixtures/databases.js';
import { Bulk, hostEntities, seed } from '../fixtures/host-entities.js';

describe.each<EngineName>(['postgres', 'mariadb', 'mysql', 'better-sqlite3'])('A restore that is committed', (name) => {
  describeEngine('', name, (engine) => {
    let database: TestDatabase;
    let files: string;
    let app: BackupApp;
    beforeAll(async () => {
      database = await engine.create();
      files = mkdtempSync(join(tmpdir(), 'backup-committed-'));
      app = await backupApp(database, { entities: hostEntities, synchronize: true }, { dataDirs: { files } });
    });
    afterAll(async () => {
      await app.close();
      await database.drop();
      rmSync(files, { recursive: true });
    });

    it('puts its files in place, though its connection is lost before it could be closed', async () => {
      await seed(app.dataSource);
      writeFileSync(join(files, 'saved.txt'), 'saved');
      const archive = await buffer((await app.service.create()).stream);
      await app.dataSource.manager.insert(Bulk, { noise: 'newer' });
      rmSync(join(files, 'saved.txt'));
      writeFileSync(join(files, 'newer.txt'), 'newer');

      const { restores } = app.get(DatabaseService);
      const open = restores.openRestore.bind(restores);
      restores.openRestore = async (signal) => {
        const session = await open(signal);
        const close = session.close.bind(session);
        session.close = async () => {
          await close();
          throw new Error('The connection is in closed state.');
        };
        return session;
      };
      await app.get(RestoreService).restore(Readable.from([archive]), { replace: true });
      expect(readdirSync(files)).toEqual(['saved.txt']);
      expect(await app.dataSource.manager.count(Bulk)).toBe(0);
    });
  });
});
