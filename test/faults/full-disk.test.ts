import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { BackupError, RestoreService } from 'nestjs-backup';
import type { DataSourceOptions } from 'typeorm';
import { type BackupApp, backupApp } from '../fixtures/backup.js';
import { fillBulk } from '../fixtures/bulk.js';
import { databaseState } from '../fixtures/database-state.js';
import { describeEngine, type EngineName, engine, type TestDatabase } from '../fixtures/databases.js';
import { hostEntities, seed } from '../fixtures/host-entities.js';
import { mountProblem, unmountAll } from '../fixtures/mounts.js';
import { picture } from '../fixtures/picture.js';
import { sampled } from '../fixtures/streams.js';
import { Tally } from '../fixtures/tally.js';
import { describeUnless } from '../fixtures/unless.js';
import { Leftovers } from './leftovers.js';
import { places, SmallDisk } from './small-disk.js';

const { TEST_LONG } = process.env;
const ROUNDS = TEST_LONG ? 20 : 1;
const ENGINES: readonly EngineName[] = ['postgres', 'mariadb', 'mysql', 'better-sqlite3'];
const MEGABYTE = 1e6;
const FILES = 10;

const problem = mountProblem('-t', 'tmpfs', 'tmpfs');
const hasPlace = process.env.TEST_ORACLE_MYSQL_DISKS !== undefined || !engine('mysql').available;
const noPlace = hasPlace ? undefined : 'the server knows no place of this machine for tables';
for (const name of ENGINES) {
  describeUnless(
    problem ?? (name === 'mysql' ? noPlace : undefined),
    'A restore, when a disk gets full at a random moment',
    () => {
      describeEngine('', name, (engine) => {
        const tally = new Tally(`Restores onto full disks on ${name}`);
        const place = places[engine.family];
        let database: TestDatabase;
        let ofDatabase: SmallDisk;
        let ofFiles: SmallDisk;
        let app: BackupApp;
        let leftovers: Leftovers;
        /** Of more rows and files than are there. */
        let archive: Buffer;

        beforeAll(async () => {
          database = await engine.create();
          ofDatabase = await place.before(database, 32 * MEGABYTE);
          ofFiles = SmallDisk.make(8 * MEGABYTE);
          const files = join(ofFiles.path, 'files');
          mkdirSync(files);
          const options = { ...database, options: { ...database.options, poolSize: 1 } as DataSourceOptions };
          // Nobody looks whether there is room.
          const archiveLimits = { expandedBytes: 1e12 };
          app = await backupApp(
            options,
            { entities: hostEntities, synchronize: true },
            { dataDirs: { files }, archiveLimits },
          );
          await place.after(database);
          await seed(app.dataSource);
          await fillBulk(app.dataSource, 1.6);
          writeFileSync(join(files, 'own.txt'), 'own');
          const own = await buffer((await app.service.create()).stream);
          await fillBulk(app.dataSource, 4.8);
          for (let i = 0; i < FILES; i++) writeFileSync(join(files, `${i}.jpg`), Buffer.alloc(200_000, i));
          archive = await buffer((await app.service.create()).stream);
          await restore(own);
          await place.shrink(database);
          leftovers = await Leftovers.before(engine, database, ofFiles.path);
        });
        afterAll(async () => {
          await place.leave(database);
          await app.close();
          // A server has closed its files when the database is dropped; a directory must be free to be removed.
          if (engine.family === 'sqlite') unmountAll();
          await database.drop();
          if (engine.family !== 'sqlite') unmountAll();
          for (const { path } of [ofDatabase, ofFiles]) rmSync(path, { recursive: true, force: true });
        });

        const restore = (from: Buffer) => app.get(RestoreService).restore(Readable.from([from]), { replace: true });
        const state = async () => ({
          database: await databaseState(engine, database),
          files: picture(join(ofFiles.path, 'files')),
        });

        it.each([
          ['of the files', () => ofFiles, FILES * 200_000],
          ['of the database', () => ofDatabase, 2 * MEGABYTE],
        ])(
          '%s: the target is as it was, and nothing is left behind',
          async (where, disk, needed) => {
            await sampled(ROUNDS, async (chance) => {
              await place.shrink(database);
              const before = await state();
              disk().leave(chance.between(0, needed * 0.9));
              const error = await restore(archive).then(
                () => undefined,
                (failed: unknown) => failed,
              );
              disk().clear();
              tally.add((error as BackupError | undefined)?.code ?? 'done', where);
              expect(error).toBeInstanceOf(BackupError);
              expect(await state()).toEqual(before);
              expect(readdirSync(ofFiles.path)).toEqual(['files']);
              await leftovers.expectNone();
            });
          },
          ROUNDS * 120_000,
        );

        it('and is done when there is room', async () => {
          await restore(archive);
          expect(readdirSync(join(ofFiles.path, 'files')).filter((one) => one.endsWith('.jpg'))).toHaveLength(FILES);
        });
      });
    },
  );
}
