import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { type BackupDestination, localDirectory, RestoreService } from 'nestjs-backup';
import { s3Bucket } from '../../../lib/s3/index.js';
import { engine } from '../../fixtures/databases.js';
import { plant, temporaryDirectory } from '../../fixtures/files.js';
import {
  casesOf,
  type Fault,
  MisbehavingBucket,
  OPERATIONS,
  type Operation,
  SEED,
  sampledCases,
} from '../../fixtures/misbehaving-bucket.js';
import { S3Server } from '../../fixtures/s3-server.js';
import { secret } from '../../fixtures/secrets.js';
import { StoringHost } from '../../fixtures/storing-host.js';
import { until } from '../../fixtures/wait.js';
import { objectsOf } from '../conformance.js';

const MIB = 1024 * 1024;
/** As long as nothing may move; the SDK asks three times. A busy machine needs more where it is to answer. */
const [TIMEOUT, ANSWERING] = [500, 10_000];
const { TEST_LONG } = process.env;

/** What happens to which request of a backup, its list, its restore and its removal. */
const CASES = casesOf(...OPERATIONS.filter((operation) => operation !== 'copy'));
/** The same, where something is to be deleted. */
const PRUNES = casesOf('list', 'head', 'get', 'delete');

describe(`A bucket that misbehaves (TEST_SEED=${SEED})`, () => {
  const folder = temporaryDirectory();
  const results = new Map<string, number>();
  let server: S3Server;
  let bucket: MisbehavingBucket;
  let host: StoringHost | undefined;
  beforeAll(async () => {
    server = await S3Server.start();
    bucket = await MisbehavingBucket.before(server.url);
  });
  afterEach(async () => {
    bucket.behave();
    await host?.close();
    host = undefined;
    await server.clear();
  });
  afterAll(async () => {
    bucket.close();
    await server.stop();
    if (TEST_LONG) process.stdout.write(`${CASES.length} cases: ${JSON.stringify([...results])}\n`);
  });

  const count = (what: string) => results.set(what, (results.get(what) ?? 0) + 1);
  const sound = () => s3Bucket({ ...server.options(), partBytes: 5 * MIB });
  const said = async <Value>(work: Promise<Value>): Promise<Value | undefined> =>
    work.catch((error: { code?: string }) => {
      expect(error.code).toMatch(/^(DESTINATION_FAILED|ARCHIVE_INVALID)$/);
      count(`said ${error.code}`);
      return undefined;
    });
  let number = 0;

  /** @param parts whether the archive goes in parts, or in one request */
  async function start(parts = number % 2 === 0, timeout = ANSWERING): Promise<StoringHost> {
    const vault = `vault-${number++}`;
    mkdirSync(folder.at(vault));
    const sick = s3Bucket({ ...server.options(bucket.address), partBytes: 5 * MIB, timeout });
    const destinations: Record<string, BackupDestination> = { sick, vault: localDirectory(folder.at(vault)) };
    const retentionKey = secret('a key of the backups that are kept');
    const options = { compressionLevel: 0, remoteTimeout: 8_000, retention: { last: 1 }, retentionKey };
    host = await StoringHost.start(engine('better-sqlite3'), destinations, options);
    if (parts) plant(host.files, { 'bulk.bin': randomBytes(6 * MIB) });
    return host;
  }

  it.each(sampledCases(CASES, 10))(
    'does no harm: $operation $fault (request $at, $times times)',
    async ({ operation, fault, at, times }) => {
      const { store, app, unlocked } = await start(undefined, fault === 'silent' ? TIMEOUT : ANSWERING);
      bucket.misbehave(fault, { operation, at, times });
      const report = await store.store({ destinations: ['sick', 'vault'] });
      const [sick, vault] = report.destinations;
      count(`stored ${sick!.result}`);
      // The other destination has it, the lock is free, and what is said is true.
      expect(vault).toMatchObject({ result: 'success' });
      await unlocked.call(host);
      const whole = async () => (await store.list('sick')).filter(({ result }) => result === 'success');
      await said(whole());
      if (sick!.result === 'success') {
        await said(app.get(RestoreService).verify({ destination: 'sick', id: report.id }));
      }
      if (sick!.error) expect(sick!.error).toMatchObject({ code: 'DESTINATION_FAILED' });

      bucket.behave();
      await until('uploads are gone', () => server.openUploads().length === 0, 15_000);
      const there = await objectsOf(sound());
      if (sick!.result === 'success') {
        expect(there).toHaveLength(2);
        expect(await whole()).toMatchObject([{ id: report.id }]);
        await app.get(RestoreService).verify({ destination: 'sick', id: report.id });
      }
      // Everything that stayed is in the list.
      const listed = (await store.list('sick')).flatMap(({ archive }) => [archive, `${archive}.json`]);
      for (const { name } of there) expect(listed).toContain(name);

      bucket.misbehave(fault, { operation, at, times });
      const pruned = await said(store.prune('sick'));
      bucket.behave();
      const kept = await store.list('sick');
      if (sick!.result === 'success') expect(kept.map(({ id }) => id)).toContain(report.id);
      expect(pruned?.deleted ?? []).toEqual([]);
    },
  );

  it.each(sampledCases(PRUNES, 6))(
    'loses no backup that is to stay when it is pruned: $operation $fault (request $at, $times times)',
    async ({ operation, fault, at, times }) => {
      const { store, app, unlocked } = await start(false, fault === 'silent' ? TIMEOUT : ANSWERING);
      const made: string[] = [];
      const restores = app.get(RestoreService);
      for (const isTested of [true, true, false]) {
        const { id } = await store.store({ destinations: ['sick'] });
        made.push(id);
        if (isTested) await restores.verify({ destination: 'sick', id }, { restore: true });
      }
      // The newest stays, and the newest that passed a restore test.
      const [toDelete, ...staying] = made;

      bucket.misbehave(fault, { operation, at, times });
      const pruned = await said(store.prune('sick'));
      await unlocked.call(host);
      bucket.behave();
      const there = (await objectsOf(sound())).map(({ name }) => name);
      const good = (await store.list('sick')).filter(({ result }) => result === 'success').map(({ id }) => id);
      expect(good.filter((id) => id !== toDelete).toSorted()).toEqual(staying.toSorted());
      if (pruned?.deleted.length) {
        expect(pruned.deleted).toEqual([toDelete]);
        expect(there.filter((name) => name.includes(toDelete!))).toEqual([]);
      } else if (pruned?.errors.length === 0) {
        const [decision] = pruned.decisions.filter(({ backup }) => backup.id === toDelete);
        expect(decision).toMatchObject({ keep: true });
      }

      // What was cut off is gone with the next one, and what is listed is all that is there.
      expect((await store.prune('sick')).errors).toEqual([]);
      const left = (await objectsOf(sound())).map(({ name }) => name);
      expect(left.filter((name) => name.includes(toDelete!))).toEqual([]);
      expect(left).toHaveLength(5);
      for (const id of staying) await restores.verify({ destination: 'sick', id });
    },
  );

  it.each<[Operation, Fault, number]>([
    ['put', 'lost', 0],
    ['put', 'done-500', 0],
    ['put', 'done-500', 1],
    ['complete-upload', 'lost', 0],
    ['complete-upload', 'done-500', 0],
    ['create-upload', 'lost', 0],
    ['upload-part', 'lost', 1],
    ['get', 'cut', 0],
    ['head', 'lost', 0],
    ['list', 'lost', 0],
  ])('stores the backup although the answer to a %s is lost (%s, request %i)', async (operation, fault, at) => {
    const { store, app } = await start(operation !== 'put');
    bucket.misbehave(fault, { operation, at, times: 1 });
    const { id, destinations } = await store.store({ destinations: ['sick', 'vault'] });
    expect(destinations).toMatchObject([{ result: 'success' }, { result: 'success' }]);
    expect(await store.list('sick')).toMatchObject([{ id, result: 'success' }]);
    await app.get(RestoreService).verify({ destination: 'sick', id });
    await until('no upload is left', () => server.openUploads().length === 0, 5_000);
    expect(await objectsOf(sound())).toHaveLength(2);
  });

  it('lists everything although one object does not tell whether it is locked, which is then taken for locked', async () => {
    for (const name of ['one', 'other']) await sound().put(name, Readable.from([Buffer.from(name)]));
    const options = { objectLock: { mode: 'GOVERNANCE', days: 1 }, timeout: ANSWERING } as const;
    const sick = s3Bucket({ ...server.options(bucket.address), ...options });
    bucket.misbehave('412', { operation: 'head' });
    expect(await objectsOf(sick)).toMatchObject([
      { name: 'one', lockedUntil: new Date('9999-12-31T23:59:59Z') },
      { name: 'other' },
    ]);
  });

  it('refuses the place of an object that somebody else has put there, and leaves that alone', async () => {
    const sick = s3Bucket({ ...server.options(bucket.address), timeout: TIMEOUT });
    await sound().put('object', Readable.from([Buffer.from('theirs')]));
    // It has come there since the bucket was asked.
    bucket.misbehave('gone', { operation: 'head' });
    const refusal = { code: 'DESTINATION_FAILED', message: expect.stringContaining('already exists') };
    await expect(sick.put('object', Readable.from([Buffer.from('theirs')]))).rejects.toMatchObject(refusal);
    const source = await sound().open('object');
    expect(String(await source.read(0, source.size))).toBe('theirs');
    await source.close();
  });
});
