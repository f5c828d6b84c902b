import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { BackupError, RestoreService } from 'nestjs-backup';
import type { DataSourceOptions } from 'typeorm';
import { type BackupApp, backupApp } from '../fixtures/backup.js';
import { fillBulk } from '../fixtures/bulk.js';
import { databaseState } from '../fixtures/database-state.js';
import { describeEngine, type EngineName, type TestDatabase } from '../fixtures/databases.js';
import { hostEntities, seed } from '../fixtures/host-entities.js';
import { startAround } from '../fixtures/neighbours/around.js';
import type { StartedNeighbour } from '../fixtures/neighbours/index.js';
import { Chance, sampled } from '../fixtures/streams.js';
import { Tally } from '../fixtures/tally.js';
import { Leftovers } from './leftovers.js';
import { mysqlConflicts } from './rivals/mysql.js';
import { postgresConflicts } from './rivals/postgres.js';
import { type Conflict, loose } from './rivals/rival.js';
import { sqliteConflicts, sqliteWalConflicts, withManyConnections } from './rivals/sqlite.js';
import { verify } from './verify.js';

const { TEST_LONG, TEST_SEED } = process.env;
const ROUNDS = TEST_LONG ? 20 : 1;
const ROUND_MS = 120_000;

const all: ReadonlyArray<readonly [EngineName, readonly Conflict[]]> = [
  ['postgres', postgresConflicts],
  ['mariadb', mysqlConflicts],
  ['mysql', mysqlConflicts],
  ['better-sqlite3', sqliteConflicts],
  ['better-sqlite3 (WAL)', sqliteWalConflicts],
];

/** For the everyday run one of backups and one of restores of each engine, and none that takes ten seconds. */
function sample(chance: Chance): typeof all {
  return all.slice(0, 3).map(([name, ofEngine]) => {
    const some = (of: Conflict['of']) => chance.of(ofEngine.filter((one) => one.of === of && !one.lasts));
    return [name, [some('backup'), some('restore')]];
  });
}
const conflicts = TEST_LONG ? all : sample(new Chance(Number(TEST_SEED || Date.now() % 2 ** 31)));

describe.each(conflicts)('Somebody is in the way', (name, ofEngine) => {
  describeEngine('', name, (engine) => {
    const tally = new Tally(`Backups and restores with somebody in the way on ${name}`);
    let database: TestDatabase;
    let files: string;
    let app: BackupApp;
    let leftovers: Leftovers;
    let company: StartedNeighbour | undefined;
    let archives: Buffer[];

    beforeAll(async () => {
      database = await engine.create();
      for (const sql of ofEngine.flatMap(({ prepare = [] }) => prepare.filter(isOfDatabase))) await database.query(sql);
      files = mkdtempSync(join(tmpdir(), 'backup-faults-'));
      const options = { ...database, options: { ...database.options, poolSize: 1 } as DataSourceOptions };
      app = await backupApp(
        options,
        { entities: [...hostEntities, ...loose], synchronize: true },
        { dataDirs: { files } },
      );
      archives = [];
      for (const content of ['one', 'two']) {
        await seed(app.dataSource);
        await fillBulk(app.dataSource, 2);
        writeFileSync(join(files, `${content}.jpg`), content);
        archives.push(await backUp());
      }
      for (const sql of ofEngine.flatMap(({ prepare = [] }) => prepare.filter((one) => !isOfDatabase(one)))) {
        await database.query(sql);
      }
      const once = async () => [await restore(archives[0]!), await backUp()];
      await (engine.family === 'sqlite' ? withManyConnections(database, once) : once());
      company = await startAround({ engine, database, files });
      leftovers = await Leftovers.before(engine, database, files);
    });
    afterAll(async () => {
      await company?.end();
    });
    afterAll(async () => {
      await app.close();
      await database.drop();
      rmSync(files, { recursive: true, force: true });
    });

    const backUp = async () => buffer((await app.service.create()).stream);
    const restore = (archive: Buffer) => app.get(RestoreService).restore(Readable.from([archive]), { replace: true });
    const state = async () => ({
      database: await databaseState(engine, database),
      files: readdirSync(files).toSorted(),
    });

    it.each(ofEngine.map((one) => [one.of, one.name, one] as const))(
      'of a %s: %s',
      async (_, __, conflict) => {
        let which = 0;
        await sampled(ROUNDS, async (chance) => {
          const before = await state();
          const run = conflict.of === 'backup' ? backUpWhole : () => restore(archives[1 - which]!);
          const ended = await conflict.meet({ database, chance, run: () => told(run()) });
          tally.add(ended, `${conflict.of}: ${conflict.name}`);
          expect(conflict.ends).toContain(ended);
          const isRestored = conflict.of === 'restore' && ended === 'whole';
          if (isRestored) which = 1 - which;
          else expect(await state()).toEqual(before);
          await leftovers.expectNone();
          // Nothing is in the way any more.
          expect((await verify(await backUp())).rows).toBe((await verify(archives[which]!)).rows);
        });
        if (which === 1) await restore(archives[0]!);
      },
      ROUNDS * ROUND_MS,
    );

    async function backUpWhole(): Promise<void> {
      await verify(await backUp());
    }
  });
});

const isOfDatabase = (sql: string) => sql.includes('ALTER DATABASE');

async function told(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'whole';
  } catch (error) {
    expect(error).toBeInstanceOf(BackupError);
    return (error as BackupError).code;
  }
}
