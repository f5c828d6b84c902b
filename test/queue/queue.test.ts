import { setTimeout as sleep } from 'node:timers/promises';
import { BackupStore } from 'nestjs-backup';
import { DatabaseService } from '../../lib/database/database.service.js';
import { BackupQueue } from '../../lib/queue/index.js';
import { QueueConnection } from '../../lib/queue/queue-connection.js';
import { ScheduledRuns } from '../../lib/store/scheduled-runs.js';
import type { MemoryDestination } from '../fixtures/memory-destination.js';
import { dump } from '../fixtures/redis-keys.js';
import { AES_KEY, AES_KEY_BASE64 } from '../fixtures/secrets.js';
import { until } from '../fixtures/wait.js';
import { describeWithRedis } from '../fixtures/with-redis.js';
import { Fleet, settled, stored } from './fleet.js';

describeWithRedis('A queue of backups', (url) => {
  let fleet: Fleet;
  beforeEach(async () => {
    fleet = await Fleet.gather(url);
  });
  afterEach(() => fleet.end());

  it('takes a backup of a process that makes none, and one that makes them does', async () => {
    const web = await fleet.start({ worker: false }, {});
    const { jobId } = await web.get(BackupQueue).enqueue({ destinations: ['vault'], initiator: { user: 'ada' } });
    await sleep(500);
    expect(await web.get(BackupQueue).job(jobId)).toMatchObject({ state: 'waiting', progress: null, result: null });

    const worker = await fleet.start();
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
    fleet.nas.faults.archiveAfter = 0;
    const app = await fleet.start();
    const queue = app.get(BackupQueue);
    const { jobId } = await queue.enqueue({ destinations: ['vault', 'nas'] });
    await until('an attempt failed', async () => (await queue.job(jobId))?.error !== null, 10_000);
    delete fleet.nas.faults.archiveAfter;
    const { result, attempts } = await settled(queue, jobId);
    expect(attempts).toBeGreaterThan(1);
    const [inVault, inNas] = [await stored(app), await stored(app, 'nas')];
    expect([inVault.length, inNas.length]).toEqual([1, 1]);
    expect(result!.destinations).toMatchObject([{ backup: inVault[0]!.id }, { backup: inNas[0]!.id }]);
  });

  it.each<[object | string, RegExp]>([
    [{}, /names no destinations/],
    [{ destinations: [] }, /names no destinations/],
    [{ destinations: 'vault' }, /names no destinations/],
    [{ destinations: [1] }, /names no destinations/],
    [{ destinations: ['elsewhere'] }, /no destination "elsewhere"/],
    [{ destinations: ['vault'], prune: 'yes' }, /its prune has an invalid type/],
    [{ destinations: ['vault'], initiator: 'ada' }, /its initiator has an invalid type/],
    [{ destinations: ['vault'], aesKey: 'k' }, /a field "aesKey"/],
    ['vault', /its data is not an object/],
  ])('fails at once of the job %j, which is no backup', async (data, message) => {
    const app = await fleet.start();
    const { queue } = app.get(QueueConnection, { strict: false });
    const { id } = await queue.add('backup', data as never, { attempts: 3 });
    const job = await settled(app.get(BackupQueue), id!);
    expect(job).toMatchObject({ state: 'failed', attempts: 1, error: expect.stringMatching(message) });
    expect(await stored(app)).toEqual([]);
  });

  it('gives up when no attempt is left', async () => {
    fleet.vault.faults.archiveAfter = 0;
    const queue = (await fleet.start({ attempts: 2 })).get(BackupQueue);
    const { jobId } = await queue.enqueue({ destinations: ['vault'] });
    expect(await settled(queue, jobId)).toMatchObject({
      state: 'failed',
      attempts: 2,
      result: null,
      error: expect.stringMatching(/^The destination failed: "vault" did not accept the archive/),
    });
  });

  it('waits while another backup or restore has the database, and takes that for no attempt', async () => {
    const app = await fleet.start({ attempts: 1 });
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
    const web = await fleet.start({ worker: false });
    const { jobId } = await web.get(BackupQueue).enqueue({ destinations: ['vault'] });
    const [enqueuedAt] = (await fleet.redis.ask('HMGET', `${fleet.prefix}:nestjs-backup:${jobId}`, 'timestamp')) as [
      string,
    ];
    const scheduled = { schedule: `job-${jobId}`, scheduledAt: new Date(Number(enqueuedAt)).toISOString() };
    const { id } = await web.get(BackupStore).store({ destinations: ['vault'], aesKey: AES_KEY, scheduled });
    await fleet.start();
    const { result } = await settled(web.get(BackupQueue), jobId);
    expect(result!.destinations).toMatchObject([{ destination: 'vault', backup: id }]);
    expect(fleet.vault.objects.size).toBe(2);
  });

  it('puts a backup back for others when the application is closed', async () => {
    fleet.vault.faults.stallsAfter = 0;
    const web = await fleet.start({ worker: false });
    const worker = await fleet.start({ attempts: 1 });
    const { jobId } = await web.get(BackupQueue).enqueue({ destinations: ['vault'] });
    await until('it is being written', () => fleet.vault.writing > 0, 10_000);
    await fleet.close(worker);
    const job = await web.get(BackupQueue).job(jobId);
    expect(job).toMatchObject({ attempts: 0, error: null, state: expect.stringMatching(/waiting|delayed/) });
    delete fleet.vault.faults.stallsAfter;
    await fleet.start();
    expect(await settled(web.get(BackupQueue), jobId)).toMatchObject({ state: 'completed' });
  });

  it('keeps no secret in Redis, not even one that an error tells', async () => {
    const said = 'the vault is sealed';
    const encryptionKey = async () => {
      throw new Error(`${said}: ${AES_KEY}`);
    };
    const broken = await fleet.start({ attempts: 1 }, { encryptionKey });
    const failing = await broken.get(BackupQueue).enqueue({ destinations: ['vault'] });
    expect(await settled(broken.get(BackupQueue), failing.jobId)).toMatchObject({
      error: 'See the log of the worker.',
    });
    await fleet.close(broken);
    const app = await fleet.start({ schedules: [{ cron: '* * * * * *', destinations: ['vault'] }] });
    const { jobId } = await app.get(BackupQueue).enqueue({ destinations: ['vault'] });
    await settled(app.get(BackupQueue), jobId);
    await until('a moment has come', async () => (await stored(app)).length > 1, 10_000);
    const everything = await dump(fleet.redis, fleet.prefix);
    expect(everything).toContain(jobId);
    for (const secret of [AES_KEY, AES_KEY_BASE64, said]) expect(everything).not.toContain(secret);
  });

  it('is about a job only once at a time, also when two workers believe that they have it', async () => {
    const runs = (await fleet.start({ worker: false })).get(ScheduledRuns, { strict: false });
    const { list } = fleet.vault;
    const gate = new AbortController();
    fleet.vault.list = async function* (this: MemoryDestination) {
      await sleep(60_000, undefined, { signal: gate.signal }).catch(() => {});
      yield* list.call(this);
    };
    const options = { destinations: ['vault'], signal: new AbortController().signal };
    const moment = { schedule: 'job-1', scheduledAt: '2026-01-01T00:00:00Z' };
    const one = runs.storeMissing(moment, options);
    await sleep(200);
    const other = runs.storeMissing(moment, options).then(
      () => 'done',
      ({ code }) => code,
    );
    expect(await Promise.race([other, sleep(3_000, 'waits')])).toBe('LOCKED');
    gate.abort();
    const [made] = await one;
    expect(await runs.storeMissing(moment, options)).toEqual([made]);
    expect(fleet.vault.objects.size).toBe(2);
  });

  it('does not fill a destination that cannot be listed, and tries again', async () => {
    fleet.nas.faults.list = true;
    const app = await fleet.start();
    const queue = app.get(BackupQueue);
    const { jobId } = await queue.enqueue({ destinations: ['vault', 'nas'] });
    await until('an attempt failed', async () => (await queue.job(jobId))?.error !== null, 10_000);
    expect([fleet.vault.objects.size, fleet.nas.objects.size]).toEqual([2, 0]);
    delete fleet.nas.faults.list;
    expect(await settled(queue, jobId)).toMatchObject({ state: 'completed' });
    expect([fleet.vault.objects.size, fleet.nas.objects.size]).toEqual([2, 2]);
  });
});
