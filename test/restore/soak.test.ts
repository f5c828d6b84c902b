import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { RestoreService } from 'nestjs-backup';
import { type BackupApp, backupApp } from '../fixtures/backup.js';
import { connectionsTo } from '../fixtures/connections.js';
import { describeSomeEngines, type TestDatabase } from '../fixtures/databases.js';
import { numbered, plant } from '../fixtures/files.js';
import { AES_KEY } from '../fixtures/secrets.js';
import { until } from '../fixtures/wait.js';
import { fillZoo, zooEntities } from '../fixtures/zoo.entities.js';

const ROUNDS = process.env.TEST_LONG ? 20 : 2;
/** Enough for every thread to be used. */
const FILES = 200;
const MOST_GROWTH = 6_000_000;
const GIVEN_BACK_MS = 20_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describeSomeEngines('backups and restores in a row', 1, (engine) => {
  let database: TestDatabase;
  let files: string;
  let app: BackupApp;

  beforeAll(async () => {
    database = await engine.create();
    files = mkdtempSync(join(tmpdir(), 'nestjs-backup-soak-'));
    plant(files, { ...numbered(FILES), 'large.txt': Buffer.alloc(3_000_000, 'deflates well ') });
    app = await backupApp(database, { entities: zooEntities, synchronize: true }, { dataDirs: { files } });
    await fillZoo(app.dataSource);
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
    rmSync(files, { recursive: true, force: true });
  });

  const backUpAndRestore = async () => {
    const archive = await buffer((await app.service.create({ aesKey: AES_KEY })).stream);
    await app.get(RestoreService).restore(Readable.from([archive]), { aesKey: AES_KEY, replace: true });
  };
  const held = async () => ({
    threads: readdirSync('/proc/self/task').length,
    files: readdirSync('/proc/self/fd').length,
    connections: await connectionsTo(engine, database),
  });
  const memory = () => {
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };

  it(`hold nothing more after ${ROUNDS} rounds than before`, async () => {
    // The first ones load and compile what all others use.
    for (let round = 0; round < 2; round++) await backUpAndRestore();
    const [before, memoryBefore] = [await held(), memory()];
    for (let round = 0; round < ROUNDS; round++) await backUpAndRestore();
    const more = async () => {
      const after = await held();
      return Object.entries(before).filter(([what, count]) => after[what as keyof typeof before] > count);
    };
    await until('everything is given back', async () => (await more()).length === 0, GIVEN_BACK_MS).catch(() => {});
    expect(await more()).toEqual([]);
    const growth = () => memory() - memoryBefore;
    await until('memory is given back', () => growth() < MOST_GROWTH, GIVEN_BACK_MS).catch(() => {});
    expect(growth()).toBeLessThan(MOST_GROWTH);
  }, 600_000);
});
