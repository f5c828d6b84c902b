import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import { type BackupApp, backupApp } from '../fixtures/backup.js';
import { describeEngine, type TestDatabase } from '../fixtures/databases.js';
import { plant, temporaryDirectory } from '../fixtures/files.js';

/** Of Node's pool, in which the host's own files are read and names looked up. */
const THREADS = 4;
/** What they hold while they work on a file; a stream that inflates is not among them. */
const ON_FILES = /^FSReq/;
const FILES = 400;
/** Too large to be read in one piece. */
const FILE_BYTES = 70_000;

describeEngine("Node's thread pool", 'better-sqlite3', (engine) => {
  const files = temporaryDirectory();
  let database: TestDatabase;
  let app: BackupApp;

  beforeEach(async () => {
    database = await engine.create();
    const content = Buffer.alloc(FILE_BYTES, 'deflates well ');
    plant(files.path, Object.fromEntries(Array.from({ length: FILES }, (_, index) => [`file-${index}`, content])));
    app = await backupApp(database, {}, { dataDirs: { files: files.path } });
  });
  afterEach(async () => {
    await app.close();
    await database.drop();
  });

  it('keeps a thread for the host during a backup and a restore', async () => {
    let archive!: Buffer;
    const ofBackup = await mostThreads(async () => {
      archive = await buffer((await app.service.create()).stream);
    });
    const ofRestore = await mostThreads(async () => {
      await app.get(RestoreService).restore(Readable.from([archive]), { replace: true });
    });
    for (const most of [ofBackup, ofRestore]) {
      expect(most).toBeGreaterThan(0);
      expect(most).toBeLessThan(THREADS);
    }
  });
});

/** The most threads that work on files at any turn of the event loop. */
async function mostThreads(work: () => Promise<void>): Promise<number> {
  let most = 0;
  let working = true;
  const look = () => {
    most = Math.max(most, process.getActiveResourcesInfo().filter((name) => ON_FILES.test(name)).length);
    if (working) setImmediate(look);
  };
  look();
  await work().finally(() => {
    working = false;
  });
  return most;
}
