import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Test, type TestingModule } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BackupModule, type BackupModuleOptions, BackupStore } from 'nestjs-backup';
import { DatabaseService } from '../../lib/database/database.service.js';
import { BackupQueue, BackupQueueModule, type BackupQueueOptions, type QueuedBackup } from '../../lib/queue/index.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { Redis } from '../fixtures/redis.mjs';
import { dump, forget } from '../fixtures/redis-keys.js';
import { AES_KEY, AES_KEY_BASE64, watchForSecrets } from '../fixtures/secrets.js';
import { until } from '../fixtures/wait.js';

const { TEST_REDIS_URL, TEST_REDIS_SKIPPED } = process.env;
/** Three rows, so that there is progress. */
const prepareDatabase = (database: { exec(sql: string): unknown }): void => {
  database.exec('CREATE TABLE note (id INTEGER PRIMARY KEY); INSERT INTO note VALUES (1), (2), (3)');
};

const title = 'A queue of backups';

if (TEST_REDIS_URL) describe(title, () => suite(TEST_REDIS_URL));
else describe.skip(`${title} [Redis skipped: ${TEST_REDIS_SKIPPED}]`, () => suite(''));

function suite(url: string): void {
  const apps: TestingModule[] = [];
  let prefix: string;
  let redis: Redis;
  let vault: MemoryDestination;
  let nas: MemoryDestination;
  beforeEach(async () => {
    prefix = `test-${randomBytes(6).toString('hex')}`;
    redis = await Redis.connect(url);
    vault = new MemoryDestination();
    nas = new MemoryDestination();
  });
  afterEach(async () => {
    for (const app of [...apps]) await close(app);
    await forget(redis, prefix);
    redis.close();
  });

  async function start(
    queue: Partial<BackupQueueOptions> = {},
    options: BackupModuleOptions = { encryptionKey: AES_KEY },
  ): Promise<TestingModule> {
    const app = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRoot({ type: 'better-sqlite3', database: ':memory:', prepareDatabase }),
        BackupModule.forRoot({ destinations: { vault, nas }, unmappedTables: 'include', ...options }),
        BackupQueueModule.forRoot({ connection: { url }, prefix, worker: true, backoff: 200, ...queue }),
      ],
    }).compile();
    apps.push(app);
    app.useLogger(false);
    await app.init();
    watchForSecrets(app.get(BackupStore), 'store');
    return app;
  }

  async function close(app: TestingModule): Promise<void> {
    apps.splice(apps.indexOf(app), 1);
    await app.close();
  }

  async function settled(queue: BackupQueue, jobId: string, within = 20_000): Promise<QueuedBackup> {
    let found: QueuedBackup | null = null;
    const isOver = async () => {
      found = await queue.job(jobId);
      return found?.state === 'completed' || found?.state === 'failed';
    };
    await until(`job ${jobId} is over`, isOver, within);
    return found!;
  }
  const stored = async (app: TestingModule, name = 'vault') =>
    (await app.get(BackupStore).list(name)).filter(({ result }) => result === 'success');

  it('takes a backup of a process that makes none, and one that makes them does', async () => {
    const web = await start({ worker: false }, {});
    const { jobId } = await web.get(BackupQueue).enqueue({ destinations: ['vault'], initiator: { user: 'ada' } });
    await sleep(500);
    expect(await web.get(BackupQueue).job(jobId)).toMatchObject({ state: 'waiting', progress: null, result: null });

    const worker = await start();
    const { result, ...job } = await settled(web.get(BackupQueue), jobId);
    const [backup, ...others] = await stored(worker);
    expect(others).toEqual([]);
    expect(backup).toMatchObject({ encrypted: true, manifest: { scheduled: { schedule: `job-${jobId}` } } });
    const { id, bytes } = backup!;
    expect(result).toEqual({ destinations: [{ destination: 'vault', backup: id, result: 'success', bytes }] });
    expect(job).toMatchObject({ state: 'completed', attempts: 1, error: null });
    expect(job.progress).toEqual({ phase: 'database', rows: 3, files: 0, bytes: expect.any(Number) });
    expect(await web.get(BackupQueue).job('another')).toBeNull();
  });

  it('tries again after a break, and fills only the destination that failed', async () => {
    nas.faults.archiveAfter = 0;
    const app = await start();
    const queue = app.get(BackupQueue);
    const { jobId } = await queue.enqueue({ destinations: ['vault', 'nas'] });
    await until('an attempt failed', async () => (await queue.job(jobId))?.error !== null, 10_000);
    delete nas.faults.archiveAfter;
    const { result, attempts } = await settled(queue, jobId);
    expect(attempts).toBeGreaterThan(1);
    const [inVault, inNas] = [await stored(app), await stored(app, 'nas')];
    expect([inVault.length, inNas.length]).toEqual([1, 1]);
    expect(result!.destinations).toMatchObject([{ backup: inVault[0]!.id }, { backup: inNas[0]!.id }]);
  });

  it('gives up when no attempt is left', async () => {
    vault.faults.archiveAfter = 0;
    const queue = (await start({ attempts: 2 })).get(BackupQueue);
    const { jobId } = await queue.enqueue({ destinations: ['vault'] });
    expect(await settled(queue, jobId)).toMatchObject({
      state: 'failed',
      attempts: 2,
      result: null,
      error: expect.stringMatching(/^The destination failed: "vault" did not take the archive/),
    });
  });

  it('waits while another backup or restore has the database, and takes that for no attempt', async () => {
    const app = await start({ attempts: 1 });
    const lock = await app.get(DatabaseService, { strict: false }).lock();
    const queue = app.get(BackupQueue);
    const { jobId } = await queue.enqueue({ destinations: ['vault'] });
    await until('it waits', async () => (await queue.job(jobId))?.state === 'delayed', 10_000);
    await sleep(1_500);
    expect(await queue.job(jobId)).toMatchObject({ attempts: 0, error: null });
    await lock.release();
    expect(await settled(queue, jobId)).toMatchObject({ state: 'completed', attempts: 1 });
  });

  it('does not make a backup again that was stored before its worker died', async () => {
    const web = await start({ worker: false });
    const { jobId } = await web.get(BackupQueue).enqueue({ destinations: ['vault'] });
    const [enqueuedAt] = (await redis.ask('HMGET', `${prefix}:nestjs-backup:${jobId}`, 'timestamp')) as [string];
    const scheduled = { schedule: `job-${jobId}`, moment: new Date(Number(enqueuedAt)).toISOString() };
    const { id } = await web.get(BackupStore).store({ destinations: ['vault'], aesKey: AES_KEY, scheduled });
    await start();
    const { result } = await settled(web.get(BackupQueue), jobId);
    expect(result!.destinations).toMatchObject([{ destination: 'vault', backup: id }]);
    expect(vault.objects.size).toBe(2);
  });

  it('puts a backup back for others when the application is closed', async () => {
    vault.faults.stallsAfter = 0;
    const web = await start({ worker: false });
    const worker = await start({ attempts: 1 });
    const { jobId } = await web.get(BackupQueue).enqueue({ destinations: ['vault'] });
    await until('it is being written', () => vault.writing > 0, 10_000);
    await close(worker);
    const job = await web.get(BackupQueue).job(jobId);
    expect(job).toMatchObject({ attempts: 0, error: null, state: expect.stringMatching(/waiting|delayed/) });
    delete vault.faults.stallsAfter;
    await start();
    expect(await settled(web.get(BackupQueue), jobId)).toMatchObject({ state: 'completed' });
  });

  it('keeps no secret in Redis, not even one that an error tells', async () => {
    const said = 'the vault is sealed';
    const encryptionKey = async () => {
      throw new Error(`${said}: ${AES_KEY}`);
    };
    const broken = await start({ attempts: 1 }, { encryptionKey });
    const failing = await broken.get(BackupQueue).enqueue({ destinations: ['vault'] });
    expect(await settled(broken.get(BackupQueue), failing.jobId)).toMatchObject({
      error: 'See the log of the worker.',
    });
    await close(broken);
    const app = await start({ schedules: [{ cron: '* * * * * *', destinations: ['vault'] }] });
    const { jobId } = await app.get(BackupQueue).enqueue({ destinations: ['vault'] });
    await settled(app.get(BackupQueue), jobId);
    await until('a moment has come', async () => (await stored(app)).length > 1, 10_000);
    const everything = await dump(redis, prefix);
    expect(everything).toContain(jobId);
    for (const secret of [AES_KEY, AES_KEY_BASE64, said]) expect(everything).not.toContain(secret);
  });

  it('makes the backups of a schedule, and drops the schedules that are gone', async () => {
    const often = { name: 'often', cron: '* * * * * *', destinations: ['vault'], prune: true };
    const yearly = { name: 'yearly', cron: '0 0 1 1 *', destinations: ['vault'] };
    const options = { encryptionKey: AES_KEY, retention: { last: 1 } };
    const app = await start({ schedules: [often, yearly] }, options);
    const seen = new Set<string>();
    const three = async () => {
      for (const { manifest } of await stored(app)) seen.add(JSON.stringify(manifest!.scheduled));
      return seen.size >= 3;
    };
    await until('there were three', three, 15_000);
    for (const one of seen)
      expect(JSON.parse(one)).toEqual({ schedule: 'often', moment: expect.stringMatching(/\.000Z$/) });
    expect((await stored(app)).length).toBeLessThanOrEqual(2);
    const names = () => redis.ask('ZRANGE', `${prefix}:nestjs-backup:repeat`, 0, -1);
    expect(await names()).toEqual(['nestjs-backup-often', 'nestjs-backup-yearly']);

    const later = await start({ schedules: [yearly], worker: false });
    await until('one is gone', async () => String(await names()) === 'nestjs-backup-yearly', 10_000);
    await close(later);
    await start({ worker: false });
    await sleep(500);
    expect(await names()).toEqual(['nestjs-backup-yearly']);
  });

  it('drops no moment that has come and that nobody has taken yet, whoever starts meanwhile', async () => {
    const schedules = [{ name: 'often', cron: '* * * * * *', destinations: ['vault'] }];
    await start({ worker: false, schedules });
    const waiting = () => redis.ask('ZRANGE', `${prefix}:nestjs-backup:delayed`, 0, -1) as Promise<string[]>;
    await until('it is there', async () => (await waiting()).length === 1, 10_000);
    const [job] = await waiting();
    await sleep(1_500);
    await start({ worker: false, schedules });
    await sleep(500);
    expect(await waiting()).toEqual([job]);
    const moment = new Date(Number(job!.split(':').at(-1))).toISOString();
    const worker = await start();
    const isMade = async () => (await stored(worker)).some(({ manifest }) => manifest!.scheduled!.moment === moment);
    await until('it is made', isMade, 10_000);
  });

  it('brings a schedule back whose next job is lost', async () => {
    const schedules = [{ name: 'yearly', cron: '0 0 1 1 *', destinations: ['vault'] }];
    await start({ worker: false, schedules });
    const delayed = `${prefix}:nestjs-backup:delayed`;
    const count = async () => Number(await redis.ask('ZCARD', delayed));
    await until('it is there', async () => (await count()) === 1, 10_000);
    const [job] = (await redis.ask('ZRANGE', delayed, 0, -1)) as [string];
    await redis.ask('DEL', delayed, `${prefix}:nestjs-backup:${job}`);
    await start({ worker: false, schedules });
    await until('it is there again', async () => (await count()) === 1, 10_000);
  });

  it('is about a job only once at a time, also when two workers believe that they have it', async () => {
    const store = (await start({ worker: false })).get(BackupStore);
    const { list } = vault;
    const gate = new AbortController();
    vault.list = async function* (this: MemoryDestination) {
      await sleep(60_000, undefined, { signal: gate.signal }).catch(() => {});
      yield* list.call(this);
    };
    const options = { destinations: ['vault'], signal: new AbortController().signal };
    const moment = { schedule: 'job-1', moment: '2026-01-01T00:00:00Z' };
    const one = store.storeMissing(moment, options);
    await sleep(200);
    const other = store.storeMissing(moment, options).then(
      () => 'done',
      ({ code }) => code,
    );
    expect(await Promise.race([other, sleep(3_000, 'waits')])).toBe('LOCKED');
    gate.abort();
    const [made] = await one;
    expect(await store.storeMissing(moment, options)).toEqual([made]);
    expect(vault.objects.size).toBe(2);
  });

  it('does not fill a destination that cannot be listed, and tries again', async () => {
    nas.faults.list = true;
    const app = await start();
    const queue = app.get(BackupQueue);
    const { jobId } = await queue.enqueue({ destinations: ['vault', 'nas'] });
    await until('an attempt failed', async () => (await queue.job(jobId))?.error !== null, 10_000);
    expect([vault.objects.size, nas.objects.size]).toEqual([2, 0]);
    delete nas.faults.list;
    expect(await settled(queue, jobId)).toMatchObject({ state: 'completed' });
    expect([vault.objects.size, nas.objects.size]).toEqual([2, 2]);
  });

  it('refuses destinations that are not there', async () => {
    const queue = (await start({ worker: false })).get(BackupQueue);
    await expect(queue.enqueue({ destinations: ['tape'] })).rejects.toMatchObject({ code: 'WRONG_USAGE' });
    await expect(queue.enqueue({ destinations: [] })).rejects.toMatchObject({ code: 'WRONG_USAGE' });
  });

  it.each<[string, object, BackupModuleOptions, RegExp]>([
    ['a worker without a key', {}, {}, /"encryptionKey": backups of the queue would be stored unencrypted/],
    ['no connection', { connection: null }, {}, /connection": there is none/],
    ['an address that is none', { connection: { url: 'redis:secret@host' } }, {}, /it is no URL of a Redis/],
    ['a colon in the name', { queue: 'a:b' }, {}, /queue": it is no name/],
    ['no word on who works', { worker: 'yes' }, {}, /worker": it is neither true nor false/],
    ['no attempt', { attempts: 0 }, {}, /attempts": it is no whole number, or too small/],
    ['a negative break', { backoff: -1 }, {}, /backoff": it is no whole number, or too small/],
    ['schedules that are no list', { schedules: {} }, {}, /schedules": it is no list/],
    ['no cron expression', { schedules: [{ cron: 'daily', destinations: ['vault'] }] }, {}, /time zone that is none/],
    [
      'a schedule to a destination that is not there',
      { worker: false, schedules: [{ cron: '0 3 * * *', destinations: ['tape'] }] },
      {},
      /destination "tape", and BackupModule has vault, nas/,
    ],
  ])('stops the application at startup: %s', async (_, queue, options, message) => {
    const error = await start(queue, options).then(
      () => null,
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject({ code: 'INVALID_OPTIONS', message: expect.stringMatching(message) });
    expect(error!.message).not.toContain('secret');
  });

  it('may store unencrypted backups when it is told to', async () => {
    const app = await start({ allowPlaintext: true }, {});
    const { jobId } = await app.get(BackupQueue).enqueue({ destinations: ['vault'] });
    await settled(app.get(BackupQueue), jobId);
    expect(await stored(app)).toMatchObject([{ encrypted: false }]);
  });
}
