import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import type { DataSourceOptions } from 'typeorm';
import { DatabaseService } from '../../lib/database/database.service.js';
import { type BackupApp, backupApp } from '../fixtures/backup.js';
import { describeEngine, describeMysqlEngines, type TestDatabase } from '../fixtures/databases.js';
import { root } from '../fixtures/documentation.js';
import { createMysqlUser } from '../fixtures/mysql-users.js';
import { untilUnlocked } from '../fixtures/wait.js';

const page = readFileSync(join(root, 'docs/databases.md'), 'utf8').replaceAll(/\s+/g, ' ');

/** The application of somebody who may do only some things, for as long as `work` takes. */
async function as<Result>(options: object, work: (app: BackupApp) => Promise<Result>): Promise<Result> {
  const app = await backupApp({ options: options as DataSourceOptions }, {}, { unmappedTables: 'include' });
  try {
    return await work(app);
  } finally {
    // Of a backup that broke, the lock is given back a moment later.
    await untilUnlocked(app.get(DatabaseService), 10_000);
    await app.close();
  }
}

const backUp = async ({ service }: BackupApp) => buffer((await service.create()).stream);
const restore = (archive: Buffer) => (app: BackupApp) =>
  app.get(RestoreService).restore(Readable.from([archive]), { replace: true });
const outcome = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    ({ code }: { code: string }) => code,
  );

describeMysqlEngines('The privileges in the documentation', (engine) => {
  const [, list] = /A restore also needs (.*?), and where triggers belong/.exec(page)!;
  const more = [...list!.matchAll(/`([A-Z]+)`/g)].map(([, name]) => name!);
  let database: TestDatabase;
  beforeAll(async () => {
    database = await engine.create();
    await database.query('CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY)');
    await database.query('INSERT INTO t VALUES (1), (2)');
  });
  afterAll(() => database.drop());

  const granted = async <Result>(privileges: string[], work: (options: object) => Promise<Result>): Promise<Result> => {
    const user = await createMysqlUser(database, `GRANT ${privileges.join(', ')} ON`);
    try {
      return await work({ ...database.options, url: user.url });
    } finally {
      await user.drop();
    }
  };

  it('suffice for a backup, and for a restore, which needs each of them', async () => {
    expect(more.length).toBeGreaterThan(4);
    const archive = await granted(['SELECT'], (options) => as(options, backUp));
    const all = ['SELECT', ...more];
    expect(await granted(all, (options) => outcome(as(options, restore(archive))))).toBe('done');
    await database.query('DROP TABLE IF EXISTS nestjs_backup_restore');
    const one = more[Math.floor(Math.random() * more.length)]!;
    for (const missing of process.env.TEST_LONG ? more : [one]) {
      await database.query('ALTER TABLE t AUTO_INCREMENT = 100');
      const others = all.filter((name) => name !== missing);
      const code = await granted(others, (options) => outcome(as(options, restore(archive))));
      expect({ missing, code }).toEqual({ missing, code: expect.stringMatching(/^(DATABASE|RESTORE)_/) });
      await database.query('DROP TABLE IF EXISTS nestjs_backup_restore');
    }
  }, 120_000);
});

describeEngine('The privileges in the documentation', 'postgres', (engine) => {
  it('suffice for a backup, and for a restore', async () => {
    expect(page).toContain(
      'A backup needs `SELECT` on the tables that it saves and on the sequences that these draw from',
    );
    expect(page).toContain(
      'a restore needs to own the tables and sequences that it fills, and `CREATE` on the default',
    );
    const database = await engine.create();
    const role = `nestjs_backup_few_${process.pid}`;
    const url = new URL((database.options as { url: string }).url);
    const options = { type: 'postgres', url: Object.assign(url, { username: role, password: 'pw' }).href };
    try {
      await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'pw'`);
      await database.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
      await database.query('CREATE TABLE t (id serial PRIMARY KEY, parent int REFERENCES t)');
      await database.query('CREATE INDEX ON t (parent)');
      await database.query('INSERT INTO t VALUES (1, NULL), (2, 1)');
      expect(await outcome(as(options, backUp))).toBe('DATABASE_FAILED');
      await database.query(`GRANT SELECT ON t TO ${role}`);
      expect(await outcome(as(options, backUp))).toBe('DATABASE_FAILED');
      await database.query(`GRANT SELECT ON SEQUENCE t_id_seq TO ${role}`);
      const archive = await as(options, backUp);
      await database.query(`ALTER TABLE t OWNER TO ${role}`);
      expect(await outcome(as(options, restore(archive)))).toBe('RESTORE_FAILED');
      await database.query(`GRANT CREATE ON SCHEMA public TO ${role}`);
      expect(await outcome(as(options, restore(archive)))).toBe('done');
      await database.query('INSERT INTO t (parent) VALUES (2)');
      await database.query(`ALTER TABLE t OWNER TO CURRENT_USER`);
      expect(await outcome(as(options, restore(archive)))).toBe('RESTORE_REFUSED');
    } finally {
      await database.drop();
      await engine.create().then(async (other) => {
        await other.query(`DROP ROLE IF EXISTS ${role}`);
        await other.drop();
      });
    }
  });
});
