import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { RestoreService } from 'nestjs-backup';
import { DatabaseService } from '../../lib/database/database.service.js';
import { type BackupApp, backupApp, readBackup } from '../fixtures/backup.js';
import { noteEntities } from '../fixtures/cli.js';
import { describeEngine, type EngineName, offered, type TestDatabase } from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';
import { temporaryDirectory } from '../fixtures/files.js';
import { otherSession } from '../fixtures/other-session.js';

const engines: readonly EngineName[] = ['postgres', 'mariadb', 'mysql', 'better-sqlite3', 'better-sqlite3 (WAL)'];

/** Gives each test a database and an application with a backup of three notes in a file. */
function suite(create: () => Promise<TestDatabase>) {
  const folder = temporaryDirectory();
  const place = {} as { database: TestDatabase; app: BackupApp; archive: string };
  beforeEach(async () => {
    place.database = await create();
    place.app = await backupApp(place.database, { entities: noteEntities, synchronize: true });
    await place.app.dataSource.query(`INSERT INTO note (text) VALUES ('one'), ('two'), ('three')`);
    place.archive = join(folder.path, 'backup.zip');
    await writeFile(place.archive, await buffer((await place.app.service.create()).stream));
    await place.app.dataSource.query(`INSERT INTO note (text) VALUES ('four')`);
  });
  afterEach(async () => {
    await place.app.close();
    await place.database.drop();
  });
  const texts = async () =>
    (await place.database.query<{ text: string }>('SELECT text FROM note ORDER BY id')).map(({ text }) => text);
  return { place, texts };
}

for (const name of everyday(offered(engines), 2)) {
  describeEngine('before a restore replaces anything', name, (engine) => {
    const { place, texts } = suite(() => engine.create());

    it('nobody else can write until the commit, while a backup and other readers still see what is there', async () => {
      const other = await otherSession(place.database);
      const meanwhile: string[] = [];
      let written: Promise<unknown> | undefined;
      let calls = 0;
      await place.app.get(RestoreService).restoreHeld(place.archive, {
        replace: true,
        beforeReplacing: async (held) => {
          calls++;
          // SQLite waits without yielding, so its writer does not wait at all.
          if (engine.family === 'sqlite') await other.run('PRAGMA busy_timeout = 0');
          written = other.run(`INSERT INTO note (text) VALUES ('meanwhile')`).then(
            () => meanwhile.push('written'),
            () => meanwhile.push('refused'),
          );
          await sleep(500);
          expect(meanwhile).toEqual(engine.family === 'sqlite' ? ['refused'] : []);
          expect(await texts()).toEqual(['one', 'two', 'three', 'four']);
          const backup = await readBackup(await buffer((await place.app.service.create({ under: held })).stream));
          const saved = backup.lines.map(({ fields }) => fields.text);
          expect(saved).toEqual(['one', 'two', 'three', 'four']);
        },
      });
      await written;
      expect(calls).toBe(1);
      const after = engine.family === 'sqlite' ? [] : ['meanwhile'];
      expect(await texts()).toEqual(['one', 'two', 'three', ...after]);
      await other.end();
    });

    it('what the callback throws ends the restore, which has changed nothing', async () => {
      const failing = place.app.get(RestoreService).restoreHeld(place.archive, {
        replace: true,
        beforeReplacing: () => Promise.reject(new Error('no point')),
      });
      await expect(failing).rejects.toThrow();
      expect(await texts()).toEqual(['one', 'two', 'three', 'four']);
      expect(await place.app.get(DatabaseService).hasRestoreMarks()).toBe(false);
    });

    it('leaves a witness of its commit that stays until it is forgotten, and none of a failed one', async () => {
      const restores = place.app.get(RestoreService);
      const { restores: engineRestores } = place.app.get(DatabaseService);
      const [failed, done] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'];
      const failing = restores.restoreHeld(place.archive, {
        replace: true,
        witness: failed,
        beforeReplacing: () => Promise.reject(new Error('no point')),
      });
      await expect(failing).rejects.toThrow();
      expect(await engineRestores.wasCommitted(failed!)).toBe(false);
      await restores.restoreHeld(place.archive, { replace: true, witness: done });
      expect(await engineRestores.wasCommitted(done!)).toBe(true);
      await engineRestores.forget(done!);
      expect(await engineRestores.wasCommitted(done!)).toBe(false);
    });
  });
}

describeEngine('before a restore replaces anything', 'postgres', (engine) => {
  const { place, texts } = suite(() => engine.create());

  it('a transaction that has read and then waits to write is refused, and does not stop the restore', async () => {
    const other = await otherSession(place.database);
    await other.run('BEGIN');
    await other.run('SELECT count(*) FROM note');
    let outcome = 'waits';
    await place.app.get(RestoreService).restoreHeld(place.archive, {
      replace: true,
      beforeReplacing: async () => {
        void other.run(`INSERT INTO note (text) VALUES ('never')`).then(
          () => (outcome = 'written'),
          async () => {
            outcome = 'refused';
            await other.run('ROLLBACK');
          },
        );
        await sleep(1_500); // Its own look for deadlocks is over by then.
        expect(outcome).toBe('waits');
      },
    });
    expect(outcome).toBe('refused');
    expect(await texts()).toEqual(['one', 'two', 'three']);
    await other.end();
  });
});

describeEngine('before a restore replaces anything', 'sql.js', (engine) => {
  const { place, texts } = suite(() => engine.create());

  it('a database that lives in memory is refused, because everything shares its connection', async () => {
    const refused = place.app.get(RestoreService).restoreHeld(place.archive, {
      replace: true,
      beforeReplacing: () => Promise.reject(new Error('called')),
    });
    await expect(refused).rejects.toMatchObject({ code: 'RESTORE_REFUSED' });
    expect(await texts()).toEqual(['one', 'two', 'three', 'four']);
  });
});
