import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { RestoreService } from 'nestjs-backup';
import { DatabaseService } from '../../lib/database/database.service.js';
import { type BackupApp, backupApp } from '../fixtures/backup.js';
import { CliHost, noteEntities } from '../fixtures/cli.js';
import {
  describeEngine,
  describeMysqlEngines,
  engine as engineOf,
  offered,
  sampledServed,
  type TestDatabase,
} from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';
import { PROCESSLIST } from '../fixtures/mysql-processlist.js';
import { otherSession } from '../fixtures/other-session.js';
import { version } from '../fixtures/versioned-host.js';
import { allowing, isLocked, until } from '../fixtures/wait.js';
import { MIGRATE, versionsSuite } from './versions/place.js';

const BEGIN = { postgres: 'BEGIN', mysql: 'START TRANSACTION', sqlite: 'BEGIN IMMEDIATE' };

/** Resolves when a restore waits for another session's lock. SQLite tells nobody who waits: it is near once it runs. */
async function untilWaiting(
  database: TestDatabase,
  databases: DatabaseService,
  hasEnded: () => boolean,
): Promise<void> {
  const { type } = database.options;
  if (type === 'better-sqlite3') {
    await until('the restore runs', async () => hasEnded() || (await isLocked(databases)), 30_000);
    if (!hasEnded()) await sleep(allowing(500));
    return;
  }
  const waiting =
    type === 'postgres'
      ? 'SELECT 1 FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())'
      : `SELECT 1 FROM ${PROCESSLIST} WHERE db = DATABASE() AND id <> CONNECTION_ID() AND ${type === 'mariadb' ? 'time_ms > 300' : 'time > 0'}
          AND (state LIKE 'Waiting for table metadata lock%' OR info LIKE '%FOR UPDATE%' OR info LIKE '%LOCK IN SHARE MODE%'
            OR info LIKE 'DELETE %')`;
  await until('the restore waits', async () => (await database.query(waiting)).length > 0, 30_000);
}

/** Runs the work while somebody else has done something and not committed it; it is committed while the work waits. */
async function committedLate<Result>(
  { database, app }: { database: TestDatabase; app: BackupApp },
  sql: string | readonly string[],
  work: () => Promise<Result>,
): Promise<Result> {
  const other = await otherSession(database);
  const { type } = database.options;
  await other.run(BEGIN[type === 'postgres' ? 'postgres' : type === 'better-sqlite3' ? 'sqlite' : 'mysql']);
  for (const statement of [sql].flat()) await other.run(statement);
  let hasEnded: boolean;
  const begin = () => {
    hasEnded = false;
    const result = work().then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error;
      },
    );
    return result.finally(() => (hasEnded = true));
  };
  let result = begin();
  await untilWaiting(database, app.get(DatabaseService), () => hasEnded);
  // Looking whether the lock is taken takes it for a moment; a restore that found it so has ended at once.
  for (let again = 0; hasEnded! && again < 3; again++) {
    result = begin();
    await untilWaiting(database, app.get(DatabaseService), () => hasEnded);
  }
  await other.run('COMMIT');
  await other.end();
  return (await result)();
}

describe.each(sampledServed())('A row that is committed while a restore waits', (engine) => {
  describeEngine('', engine, () => {
    let host: CliHost;
    let app: BackupApp;
    const INSERT = `INSERT INTO note (text) VALUES ('a paid order')`;
    const there = () => ({ database: host.database, app });
    const notes = async () => (await host.database.query('SELECT text FROM note ORDER BY id')).map(({ text }) => text);
    const restore = (options = {}) =>
      app.get(RestoreService).restore(join(host.folder, 'b.zip'), { skipFiles: true, ...options });

    beforeAll(async () => {
      host = await CliHost.make(engine);
      app = await backupApp(host.database, { entities: noteEntities }, { dataDirs: { files: host.files } });
      expect(await host.run(['create', '--app', host.app, '-o', 'b.zip'])).toMatchObject({ code: 0 });
    }, 120_000);
    beforeEach(() => host.database.query('DELETE FROM note'));
    afterAll(async () => {
      await app.close();
      await host.remove();
    });

    it('is kept: the restore is refused', async () => {
      await expect(committedLate(there(), INSERT, () => restore())).rejects.toMatchObject({
        code: 'RESTORE_REFUSED',
        message: expect.stringContaining('"note" holds rows'),
      });
      expect(await notes()).toEqual(['a paid order']);
    });

    it('is kept in a dry run, which is refused too', async () => {
      await expect(committedLate(there(), INSERT, () => restore({ dryRun: true }))).rejects.toMatchObject({
        code: 'RESTORE_REFUSED',
      });
      expect(await notes()).toEqual(['a paid order']);
    });

    it('is kept by the command line, which ends with exit code 3', async () => {
      const run = () => host.run(['restore', 'b.zip', '--app', host.app, '--skip-files']);
      const { code, stderr } = await committedLate(there(), INSERT, run);
      expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('"note" holds rows') });
      expect(await notes()).toEqual(['a paid order']);
    });

    it('is replaced where that is wanted', async () => {
      await committedLate(there(), INSERT, () => restore({ replace: true }));
      expect(await notes()).toEqual(['one', 'two', 'three']);
    });

    it('is kept when the archive is translated from another engine', async () => {
      const source = await CliHost.make(engineOf(engine.family === 'sqlite' ? 'postgres' : 'better-sqlite3'));
      try {
        expect(await source.run(['create', '--app', source.app, '-o', 'b.zip'])).toMatchObject({ code: 0 });
        const archive = Readable.from([readFileSync(join(source.folder, 'b.zip'))]);
        const translate = () => app.get(RestoreService).restore(archive, { translate: true, skipFiles: true });
        await expect(committedLate(there(), INSERT, translate)).rejects.toMatchObject({
          code: 'RESTORE_REFUSED',
          message: expect.stringContaining('"note" holds rows'),
        });
        expect(await notes()).toEqual(['a paid order']);
      } finally {
        await source.remove();
      }
    }, 120_000);
  });
});

describe.each(everyday(offered(['postgres', 'mariadb', 'mysql'] as const), 2))(
  'Others at work in the target of a restore',
  (engine) => {
    describeEngine('', engine, () => {
      let host: CliHost;
      let app: BackupApp;
      const restore = (options = {}) =>
        app.get(RestoreService).restore(join(host.folder, 'b.zip'), { skipFiles: true, ...options });

      beforeAll(async () => {
        host = await CliHost.make(engineOf(engine));
        await host.database.query('CREATE TABLE reply (note INTEGER, FOREIGN KEY (note) REFERENCES note (id))');
        app = await backupApp(host.database, { entities: noteEntities }, { dataDirs: { files: host.files } });
        expect(await host.run(['create', '--app', host.app, '-o', 'b.zip'])).toMatchObject({ code: 0 });
      }, 120_000);
      afterAll(async () => {
        await app.close();
        await host.remove();
      });

      it('have it refused by a row that refers to one of the rows, from a table that is not restored', async () => {
        // Unchecked, it holds no lock of the row that it refers to.
        const unchecked = engine === 'postgres' ? 'session_replication_role = replica' : 'foreign_key_checks = OFF';
        const sql = [`SET ${unchecked}`, 'INSERT INTO reply VALUES (1), (404)'];
        const work = () => restore({ replace: true });
        await expect(committedLate({ database: host.database, app }, sql, work)).rejects.toMatchObject({
          code: 'RESTORE_REFUSED',
          message: expect.stringContaining('"reply"'),
        });
        expect(await host.database.query('SELECT note FROM reply')).toHaveLength(2);
        await host.database.query('DELETE FROM reply');
      });

      it.each(['note', 'reply'])(
        'have it end when they do not let go of a table: %s',
        async (table) => {
          const other = await otherSession(host.database);
          await other.run(engine === 'postgres' ? `BEGIN; LOCK TABLE ${table}` : `LOCK TABLES ${table} WRITE`);
          try {
            await expect(restore({ replace: true })).rejects.toMatchObject({ code: 'DATABASE_BUSY' });
            if (table === 'note') await expect(restore()).rejects.toMatchObject({ code: 'DATABASE_BUSY' });
          } finally {
            await other.end();
          }
        },
        120_000,
      );
    });
  },
);

describe('A change of the target that is committed while a restore waits', () => {
  const { place, versionOne } = versionsSuite();

  describeEngine('', 'postgres', (engine) => {
    it.each([
      ['a column', 'ALTER TABLE book ADD COLUMN isbn text', /isbn/],
      ['a table that is gone', 'ALTER TABLE book RENAME TO volume', /changed while the restore waited|"book"/],
      [
        'a migration that is run',
        `INSERT INTO migrations (timestamp, name) VALUES (1700000000002, 'TitleLength1700000000002'); LOCK TABLE book IN ROW EXCLUSIVE MODE`,
        /migrations/,
      ],
    ])('refuses the restore: %s', async (_, sql, message) => {
      const { archive } = await versionOne(engine);
      const target = await place(engine);
      await target.start({ ...version(1), ...MIGRATE });
      await expect(committedLate(target, sql, () => target.restore(archive))).rejects.toMatchObject({
        code: 'RESTORE_REFUSED',
        message: expect.stringMatching(message),
      });
    });
  });

  describeMysqlEngines('', (engine) => {
    it('refuses a restore that would run migrations afterwards: a row', async () => {
      const { archive } = await versionOne(engine);
      const target = await place(engine);
      await target.start({ ...version(1), ...MIGRATE });
      await target.start(version(3));
      const sql = `INSERT INTO shelf (name) VALUES ('a paid order')`;
      await expect(committedLate(target, sql, () => target.restore(archive))).rejects.toMatchObject({
        code: 'RESTORE_REFUSED',
        message: expect.stringContaining('"shelf" holds rows'),
      });
      expect(await target.database.query('SELECT name FROM shelf')).toEqual([{ name: 'a paid order' }]);
    });
  });
});
