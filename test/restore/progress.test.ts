import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type RestoreProgress, RestoreService, type RunProgress } from 'nestjs-backup';
import { DatabaseService } from '../../lib/database/database.service.js';
import { measureFiles } from '../../lib/files/read/measure-files.js';
import { type BackupApp, backupApp } from '../fixtures/backup.js';
import { noteEntities } from '../fixtures/cli.js';
import { describeEachEngine, type TestDatabase } from '../fixtures/databases.js';

const ROWS = 20_000;
const LARGE = 3_000_000;
const FILES = { count: 2, bytes: LARGE + 5 };

describeEachEngine('How far a run is', (engine) => {
  let folder: string;
  let database: TestDatabase;
  let app: BackupApp;
  let archive: Buffer;
  let lineBytes: number;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nestjs-backup-progress-'));
    writeFileSync(join(folder, 'large'), Buffer.alloc(LARGE, 'large'));
    writeFileSync(join(folder, 'small'), 'small');
    database = await engine.create();
    app = await backupApp(database, { entities: noteEntities, synchronize: true }, { dataDirs: { files: folder } });
    for (let made = 0; made < ROWS; made += 1000) {
      const values = Array.from({ length: 1000 }, (_, row) => `('some text of note ${made + row}')`).join();
      await app.dataSource.query(`INSERT INTO note (text) VALUES ${values}`);
    }
    archive = await buffer((await app.service.create()).stream);
    lineBytes = Buffer.byteLength((await app.backUp()).text['backup.jsonl']!);
  });
  afterAll(async () => {
    await app?.close();
    await database?.drop();
    rmSync(folder, { recursive: true });
  });

  const source = () => Readable.from([archive]);
  /** What is done never becomes less. */
  const expectForward = (seen: readonly RunProgress[]) => {
    const done = seen.map(({ work }) => work.done);
    expect(done).toEqual(done.toSorted((one, other) => one - other));
  };

  it.each([
    ['rows and files', {}, 1, FILES],
    ['rows alone', { skipFiles: true }, 1, { count: 0, bytes: 0 }],
    ['files alone', { skipDatabase: true }, 0, FILES],
    ['rows that are read back', { readBack: true }, 2, FILES],
    ['a dry run', { dryRun: true }, 1, FILES],
  ])('a restore tells against the manifest: %s', async (_, options, readings, { count, bytes }) => {
    const seen: RestoreProgress[] = [];
    const onProgress = (progress: RestoreProgress) => void seen.push(progress);
    await app.get(RestoreService).restore(source(), { replace: true, onProgress, ...options });
    const all = readings * lineBytes + bytes;
    const total = { rows: readings > 0 ? ROWS : 0, files: count, bytes };
    for (const one of seen) expect(one).toMatchObject({ total, work: { total: all } });
    expect(seen.at(-1)).toMatchObject({ rows: total.rows, files: count, bytes, work: { done: all } });
    expectForward(seen);
    const ofRows = seen.filter(({ phase, rows }) => phase === 'database' && rows > 0 && rows < ROWS);
    expect(ofRows.length > 0).toBe(readings > 0);
    expect(seen.some(({ phase }) => phase === 'comparison')).toBe(readings > 1);
    // More often than once a file.
    expect(seen.filter(({ phase }) => phase === 'files').length > count + 1).toBe(count > 0);
  });

  it('a check tells against the archive, and a restore test of it twice what is in it', async () => {
    for (const restore of [false, true]) {
      const seen: RunProgress[] = [];
      const onProgress = (progress: RunProgress) => void seen.push(progress);
      const scratch = mkdtempSync(join(tmpdir(), 'nestjs-backup-scratch-'));
      await app.get(RestoreService).verify(source(), { restore, onProgress, ...(restore && { scratch }) });
      rmSync(scratch, { recursive: true });
      expectForward(seen);
      expect(seen.at(-1)).toMatchObject({ rows: ROWS, total: { rows: ROWS, files: 2 } });
      const { done, total } = seen.at(-1)!.work;
      if (restore) expect([done, total]).toEqual([2 * (lineBytes + FILES.bytes), 2 * (lineBytes + FILES.bytes)]);
      else expect(done).toBeGreaterThan(total! * 0.9);
    }
  });

  it('a backup tells nothing of what is to come without being asked', async () => {
    const seen: RunProgress[] = [];
    const { stream } = await app.service.create({ onProgress: (progress) => void seen.push(progress) });
    await buffer(stream);
    for (const one of seen) expect(one).toMatchObject({ total: null, work: { total: null } });
    expect(seen.at(-1)).toMatchObject({ rows: ROWS, work: { done: lineBytes + FILES.bytes } });
  });

  it('a backup has the server’s estimates for it, and the files themselves', async () => {
    // InnoDB counts in the background, some time after the rows came.
    if (engine.family === 'mysql') await database.query('ANALYZE TABLE note');
    const { snapshot, plan } = await app.get(DatabaseService).snapshot(new AbortController().signal);
    const note = plan.tables.find(({ model }) => model === 'note')!;
    const [size] = await snapshot.sizes([note.table]).finally(() => snapshot.close());
    // Nobody may have counted them yet.
    if (size!.rows !== null) expect(size!.rows).toBeLessThan(2 * ROWS);
    expect(size!.bytes).toBeGreaterThan(ROWS * 10);
    expect(size!.bytes).toBeLessThan(ROWS * 1000);
    const directories = [{ name: 'files', path: folder }];
    const until = new AbortController();
    expect(await measureFiles(directories, [], until.signal)).toEqual({ files: 2, bytes: FILES.bytes });
    expect(await measureFiles(directories, [join(folder, 'large')], until.signal)).toEqual({ files: 1, bytes: 5 });
    until.abort();
    expect(await measureFiles(directories, [], until.signal)).toBeNull();
  });
});
