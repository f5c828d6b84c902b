import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import { type BackupApp, backupApp } from '../fixtures/backup.js';
import { fillBulk } from '../fixtures/bulk.js';
import { describeEngine, type EngineName, type TestDatabase } from '../fixtures/databases.js';
import { plant, temporaryDirectory } from '../fixtures/files.js';
import { Bulk } from '../fixtures/host-entities.js';
import { AES_KEY } from '../fixtures/secrets.js';
import { describeUnless } from '../fixtures/unless.js';
import { fillZoo, zooEntities } from '../fixtures/zoo.entities.js';
import { noZstd } from '../fixtures/zstd.js';
import { verified } from '../unit/restore/support/made-archive.js';

/** More rows than are read without a thread. */
const MEGABYTES = 2;

interface Place {
  database: TestDatabase;
  app: BackupApp;
}

describeUnless(noZstd, 'A backup with zstd', () => {
  const engines: EngineName[] = ['better-sqlite3', 'postgres'];
  for (const name of engines) describeEngine('is restored', name, suite);

  function suite(engine: Parameters<Parameters<typeof describeEngine>[2]>[0]): void {
    const [sourceFiles, targetFiles] = [temporaryDirectory(), temporaryDirectory()];
    let source: Place;
    let target: Place;

    const open = async (files: string): Promise<Place> => {
      const database = await engine.create();
      const entities = [...zooEntities, Bulk];
      const options = { dataDirs: { files }, compression: 'zstd' as const };
      return { database, app: await backupApp(database, { entities, synchronize: true }, options) };
    };
    const close = async ({ database, app }: Place) => {
      await app.close();
      await database.drop();
    };
    const archiveOf = async ({ app }: Place, aesKey?: string) => buffer((await app.service.create({ aesKey })).stream);
    const restore = (archive: Buffer, aesKey?: string) =>
      target.app.get(RestoreService).restore(Readable.from([archive]), { aesKey, replace: true });
    /** The digests of all tables. */
    const tablesOf = async (place: Place) => {
      const { manifest, stream } = await place.app.service.create();
      stream.resume();
      return (await manifest).tables.map(({ name, rows, digest }) => ({ name, rows, digest }));
    };

    beforeEach(async () => {
      source = await open(sourceFiles.path);
      target = await open(targetFiles.path);
      await fillZoo(source.app.dataSource);
      plant(sourceFiles.path, {
        'deep/empty folder': null,
        'deep/empty': '',
        'deep/ä.txt': 'umlaut',
        'small noise': randomBytes(5_000),
        'large.bin': Buffer.alloc(900_000, 'large'),
        'large noise': randomBytes(700_000),
      });
    });
    afterEach(async () => {
      await close(source);
      await close(target);
    });

    it.each([
      ['few rows', 0, undefined],
      ['few rows, encrypted', 0, AES_KEY],
      ['many rows', MEGABYTES, undefined],
      ['many rows, encrypted', MEGABYTES, AES_KEY],
    ])('with %s', async (_, megabytes, aesKey) => {
      await fillBulk(source.app.dataSource, megabytes);
      const archive = await archiveOf(source, aesKey);
      // The method of the first entry.
      if (aesKey === undefined) expect(archive.readUInt16LE(8)).toBe(93);
      await verified(archive, aesKey === undefined ? undefined : Buffer.from(aesKey, 'hex'));
      expect(await restore(archive, aesKey)).toMatchObject({ complete: true });
      expect(await tablesOf(target)).toEqual(await tablesOf(source));
      execFileSync('diff', ['-r', sourceFiles.path, targetFiles.path]);
    });
  }
});
