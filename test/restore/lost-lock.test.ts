import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import { DatabaseService } from '../../lib/database/database.service.js';
import { type BackupApp, backupApp } from '../fixtures/backup.js';
import { noteEntities } from '../fixtures/cli.js';
import { describeEngine, offered, type TestDatabase } from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';
import { picture } from '../fixtures/picture.js';
import { changeSessions } from '../fixtures/restore-sessions.js';
import { until } from '../fixtures/wait.js';

/** Ends the connection that holds the backup lock, as an administrator or a firewall does. */
const END = {
  postgres: `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  mysql: `SELECT IS_USED_LOCK(CONCAT('nestjs-backup:', LEFT(SHA2(DATABASE(), 256), 48))) AS id`,
};

describe.each(everyday(offered(['postgres', 'mariadb', 'mysql'] as const), 2))(
  'a restore whose lock is lost',
  (name) => {
    describeEngine('', name, (engine) => {
      let database: TestDatabase;
      let files: string;
      let app: BackupApp;
      let archive: Buffer;
      const restore = (options = {}) =>
        app.get(RestoreService).restore(Readable.from([archive]), { replace: true, ...options });
      const state = async () => [(await app.backUp()).lines, picture(files)];

      beforeEach(async () => {
        database = await engine.create();
        files = mkdtempSync(join(tmpdir(), 'nestjs-backup-lost-lock-'));
        app = await backupApp(database, { entities: noteEntities, synchronize: true }, { dataDirs: { files } });
        writeFileSync(join(files, 'a.txt'), 'a');
        await app.dataSource.manager.insert('Note', [{ text: 'one' }, { text: 'two' }]);
        archive = await buffer((await app.service.create()).stream);
        await app.dataSource.manager.insert('Note', { text: 'newer' });
        writeFileSync(join(files, 'newer.txt'), 'newer');
      });
      afterEach(async () => {
        await app.close();
        await database.drop();
        rmSync(files, { recursive: true, force: true });
      });

      async function loseLock(lost: () => boolean): Promise<void> {
        const [row] = await database.query(END[engine.family as 'postgres' | 'mysql']);
        if (name !== 'postgres') await database.query(`KILL ${row!.id}`);
        await until('the lock is lost', lost, 10_000);
      }

      it.each([
        ['begin', {}],
        ['complete', {}],
        // Then nothing but the commit is left, which asks for the lock itself.
        ['complete', { skipFiles: true }],
        ['count', {}],
      ] as const)('at "%s" ends, and changes nothing: %o', async (moment, options) => {
        const databases = app.get(DatabaseService);
        const lock = databases.lock.bind(databases);
        let isLost = false;
        databases.lock = async (which) => {
          const taken = await lock(which);
          taken.lost.addEventListener('abort', () => (isLost = true));
          return taken;
        };
        const before = await state();
        isLost = false;
        let done = false;
        changeSessions(app, (session) => {
          const original = session[moment].bind(session) as (...args: unknown[]) => Promise<unknown>;
          Object.assign(session, {
            [moment]: async (...args: unknown[]) => {
              const result = await original(...args);
              if (!done) await loseLock(() => isLost);
              done = true;
              return result;
            },
          });
        });
        await expect(restore(options)).rejects.toMatchObject({ code: 'LOCK_LOST' });
        expect(done).toBe(true);
        expect(await state()).toEqual(before);
        expect(readdirSync(files).toSorted()).toEqual(['a.txt', 'newer.txt']);
      });
    });
  },
);
