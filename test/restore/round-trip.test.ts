import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import { type BackupApp, backupApp, readBackup } from '../fixtures/backup.js';
import { describeSomeEngines, type TestDatabase } from '../fixtures/databases.js';
import { AES_KEY } from '../fixtures/secrets.js';
import { Cat, fillZoo, Tag, zooEntities } from '../fixtures/zoo.entities.js';

interface Place {
  database: TestDatabase;
  files: string;
  app: BackupApp;
}

describeSomeEngines('restore', 2, (engine) => {
  let source: Place;
  let target: Place;

  const open = async (): Promise<Place> => {
    const database = await engine.create();
    const files = mkdtempSync(join(tmpdir(), 'nestjs-backup-restore-'));
    const app = await backupApp(
      database,
      { entities: zooEntities, synchronize: true },
      { dataDirs: { files }, appVersion: '1' },
    );
    return { database, files, app };
  };
  const close = async ({ database, files, app }: Place) => {
    await app.close();
    await database.drop();
    rmSync(files, { recursive: true, force: true });
  };
  const archiveOf = async ({ app }: Place, aesKey?: string) => buffer((await app.service.create({ aesKey })).stream);
  const restore = (archive: Buffer, options: Parameters<RestoreService['restore']>[1] = {}) =>
    target.app.get(RestoreService).restore(Readable.from([archive]), options);
  /** Everything that a backup says of a place, in an order of its own. */
  const stateOf = async (place: Place) => {
    const { text, manifest, names } = await readBackup(await archiveOf(place));
    return {
      lines: text['backup.jsonl']!.split('\n').toSorted(),
      sequences: manifest.sequences,
      files: names.filter((name) => name.startsWith('files/')).toSorted(),
    };
  };

  beforeEach(async () => {
    source = await open();
    target = await open();
    await fillZoo(source.app.dataSource);
    mkdirSync(join(source.files, 'deep', 'empty'), { recursive: true });
    writeFileSync(join(source.files, 'deep', 'ä.txt'), 'umlaut');
    writeFileSync(join(source.files, 'large.bin'), Buffer.alloc(300_000, 'large'));
  });
  afterEach(async () => {
    await close(source);
    await close(target);
  });

  it.each([undefined, AES_KEY])('brings every row, counter and file back (%#)', async (aesKey) => {
    const report = await restore(await archiveOf(source, aesKey), { aesKey });
    expect(report).toMatchObject({ complete: true, dryRun: false });
    expect(await stateOf(target)).toEqual(await stateOf(source));
    execFileSync('diff', ['-r', source.files, target.files]);
    const { manager } = target.app.dataSource;
    await manager.save(manager.create(Cat, { name: 'new', lives: 1 }));
    await restore(await archiveOf(source), { replace: true });
    expect(await stateOf(target)).toEqual(await stateOf(source));
  });

  it('refuses a target that holds rows or files, and names them', async () => {
    const archive = await archiveOf(source);
    await target.app.dataSource.manager.save(target.app.dataSource.manager.create(Tag, { name: 'mine' }));
    await expect(restore(archive)).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: /"tag" holds rows.*--replace/,
    });
    writeFileSync(join(target.files, 'mine.txt'), 'mine');
    const both = { code: 'RESTORE_REFUSED', message: /"tag" holds rows; .*"files" .*mine\.txt.*--replace/ };
    await expect(restore(archive)).rejects.toMatchObject(both);
    await target.app.dataSource.manager.clear(Tag).catch(() => target.app.dataSource.query('DELETE FROM tag'));
    await expect(restore(archive)).rejects.toMatchObject({ code: 'RESTORE_REFUSED', message: /mine\.txt.*--replace/ });
    expect((await stateOf(target)).files).toEqual(['files/', 'files/mine.txt']);
  });

  it('changes nothing in a dry run', async () => {
    const before = await stateOf(target);
    expect(await restore(await archiveOf(source), { dryRun: true })).toMatchObject({ dryRun: true });
    expect(await stateOf(target)).toEqual(before);
  });

  it('tells in a dry run what it would replace, and changes nothing of it', async () => {
    const archive = await archiveOf(source);
    const dryRun = { replace: true, dryRun: true };
    expect((await restore(archive, dryRun)).replaces).toEqual({ tables: [], files: { files: { count: 0, bytes: 0 } } });
    const { manager } = target.app.dataSource;
    await manager.save(['mine', 'yours'].map((name) => manager.create(Tag, { name })));
    mkdirSync(join(target.files, 'deep'));
    writeFileSync(join(target.files, 'deep', 'mine.txt'), 'mine');
    const before = await stateOf(target);
    const { replaces } = await restore(archive, dryRun);
    expect(replaces).toEqual({ tables: [{ name: 'tag', rows: 2 }], files: { files: { count: 1, bytes: 4 } } });
    expect(await stateOf(target)).toEqual(before);
    expect(await restore(archive, { ...dryRun, skipDatabase: true })).toMatchObject({ replaces: { tables: [] } });
    expect(await restore(archive, { replace: true })).not.toHaveProperty('replaces');
  });

  // SQLite cannot drop a key; test/nothing-lost/violations has a source without it.
  if (engine.family !== 'sqlite') {
    it('changes nothing when rows violate a foreign key that their source did not have', async () => {
      const runner = source.app.dataSource.createQueryRunner();
      const [{ name }] = await runner.query(
        engine.family === 'postgres'
          ? "SELECT conname AS name FROM pg_constraint WHERE contype = 'f' AND conrelid = 'animal'::regclass"
          : `SELECT constraint_name AS name FROM information_schema.referential_constraints
           WHERE constraint_schema = DATABASE() AND table_name = 'animal'`,
      );
      const quoted = (identifier: string) => source.app.dataSource.driver.escape(identifier);
      await runner.query(
        `ALTER TABLE animal DROP ${engine.family === 'postgres' ? 'CONSTRAINT' : 'FOREIGN KEY'} ${quoted(name)}`,
      );
      await runner.query(`UPDATE animal SET ${quoted('enemyId')} = 999 WHERE name = 'Spike'`);
      await runner.release();
      await target.app.dataSource.manager.save(target.app.dataSource.manager.create(Tag, { name: 'mine' }));
      writeFileSync(join(target.files, 'mine.txt'), 'mine');
      const before = await stateOf(target);
      await expect(restore(await archiveOf(source), { replace: true })).rejects.toMatchObject({
        code: 'RESTORE_FAILED',
        message: /animal/,
      });
      expect(await stateOf(target)).toEqual(before);
    });
  }

  it('refuses a schema that differs, table by table', async () => {
    await source.app.dataSource.query('ALTER TABLE tag ADD COLUMN extra varchar(20)');
    await expect(restore(await archiveOf(source))).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: /"tag\.extra" is in the archive and not in the target/,
    });
  });

  it('brings back a folder that has the staging folder’s name in other letters, or refuses where it would be the same', async () => {
    mkdirSync(join(source.files, '.NESTJS-BACKUP'));
    writeFileSync(join(source.files, '.NESTJS-BACKUP', 'journal.json'), 'mine');
    const restoring = restore(await archiveOf(source));
    if (existsSync(source.files.toUpperCase())) {
      await expect(restoring).rejects.toMatchObject({ code: 'RESTORE_REFUSED', message: /reserved name/ });
    } else {
      await restoring;
      execFileSync('diff', ['-r', source.files, target.files]);
    }
  });

  it('leaves out what it is told to', async () => {
    const archive = await archiveOf(source);
    await restore(archive, { skipFiles: true });
    expect((await stateOf(target)).files).toEqual(['files/']);
    await restore(archive, { skipDatabase: true });
    execFileSync('diff', ['-r', source.files, target.files]);
  });
});
