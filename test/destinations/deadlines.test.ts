import { ScheduleModule } from '@nestjs/schedule';
import {
  type BackupDestination,
  type ByteSource,
  type FileContent,
  type FileStore,
  RestoreService,
} from 'nestjs-backup';
import { DatabaseService } from '../../lib/database/database.service.js';
import { BackupHealthIndicator, BackupHealthModule } from '../../lib/health/index.js';
import { MetricsService } from '../../lib/metrics/metrics.service.js';
import { BackupScheduleModule } from '../../lib/schedule/index.js';
import { engine } from '../fixtures/databases.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { AES_KEY } from '../fixtures/secrets.js';
import { StoringHost } from '../fixtures/storing-host.js';
import { until } from '../fixtures/wait.js';

const never = () => new Promise<never>(() => {});
const METHODS = ['put', 'open', 'list', 'delete'] as const;
const METHODS_OF_STORES = ['list', 'open', 'read'] as const;

/** A destination one of whose methods never answers. */
function silentAt(method: (typeof METHODS)[number]): BackupDestination {
  const memory = new MemoryDestination();
  const silent = {
    put: never,
    open: never,
    delete: never,
    list: () => ({ [Symbol.asyncIterator]: () => ({ next: never }) }),
  };
  return Object.assign(Object.create(memory) as BackupDestination, { [method]: silent[method] });
}

/** A store of one file, which never answers one of its methods, or never gives the content. */
function silentStore(method: (typeof METHODS_OF_STORES)[number] | 'nothing'): FileStore {
  const { Readable } = process.getBuiltinModule('node:stream');
  const about = { modified: new Date(), size: 3 };
  return {
    location: 'memory://silent',
    async *list(below = '') {
      if (method === 'list') await never();
      if (below === '') yield { path: 'file', bytes: 3, modified: about.modified };
    },
    async open(path): Promise<FileContent> {
      if (path !== 'file') throw Object.assign(new Error('is not there'), { code: 'ENOENT' });
      if (method === 'open') await never();
      return {
        ...about,
        content: method === 'read' ? new Readable({ read() {} }) : Readable.from([Buffer.from('abc')]),
      };
    },
    put: never,
    copy: never,
    delete: async () => {},
  };
}

describe('Somebody who never answers', () => {
  let host: StoringHost;
  afterEach(() => host.close());
  const sqlite = engine('better-sqlite3');
  const isFree = async (name?: 'schedule') => {
    const lock = await host.app
      .get(DatabaseService, { strict: false })
      .lock(name)
      .catch(() => undefined);
    await lock?.release();
    return lock !== undefined;
  };

  it.each(METHODS)('to %s is reported, and holds up nobody', async (method) => {
    const vault = new MemoryDestination();
    host = await StoringHost.start(sqlite, { sick: silentAt(method), vault }, { remoteTimeout: 1_000 });
    const report = host.store.store({ destinations: ['sick', 'vault'] });
    await until('the lock is free', isFree, 5_000);
    const { destinations } = await report;
    expect(destinations[1]).toMatchObject({ result: 'success' });
    if (method !== 'put') return;
    const message = expect.stringMatching(/put\(\) did not answer for 1 seconds \(option remoteTimeout\)/);
    expect(destinations[0]).toMatchObject({ result: 'failed', error: { code: 'DESTINATION_FAILED', message } });
  });

  it.each(['never ends', 'fails'])(
    'to a close, or whose close fails, spoils nothing that was read: it %s',
    async (how) => {
      const memory = new MemoryDestination();
      const close = how === 'fails' ? async () => Promise.reject(new Error('no')) : never;
      const open = async (name: string) =>
        Object.assign(Object.create(await memory.open(name)) as ByteSource, { close });
      const sick = Object.assign(Object.create(memory) as BackupDestination, { open });
      host = await StoringHost.start(sqlite, { sick }, { remoteTimeout: 1_000 });
      const { id } = await host.store.store({ destinations: ['sick'] });
      expect(await host.store.list('sick')).toMatchObject([{ id, result: 'success', problem: null }]);
      await host.app.get(RestoreService).verify({ destination: 'sick', id });
    },
  );

  it('does not keep the others from their summaries', async () => {
    const vault = new MemoryDestination();
    host = await StoringHost.start(sqlite, { sick: silentAt('put'), vault }, { remoteTimeout: 60_000 });
    const stop = new AbortController();
    const report = host.store.store({ destinations: ['sick', 'vault'], signal: stop.signal });
    report.catch(() => {});
    await until('it counts', async () => (await host.store.list('vault'))[0]?.result === 'success', 5_000);
    expect(await isFree()).toBe(true);
    stop.abort();
    await until(
      'it is over',
      () =>
        report.then(
          () => true,
          () => true,
        ),
      2_000,
    );
  });

  it.each(METHODS_OF_STORES)('of the files, to %s, holds no lock after an abort', async (method) => {
    const options = { remoteTimeout: 60_000, dataDirs: { silent: silentStore(method) } };
    host = await StoringHost.start(sqlite, { vault: new MemoryDestination() }, options);
    const stop = new AbortController();
    const report = host.store.store({ destinations: ['vault'], signal: stop.signal });
    report.catch(() => {});
    await until('it has the lock', async () => !(await isFree()), 5_000);
    stop.abort();
    await until('the lock is free', isFree, 2_000);
    await expect(report).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('is named by health and metrics, which answer all the same', async () => {
    const more = [BackupHealthModule.forRoot()];
    const destinations = { sick: silentAt('list'), vault: new MemoryDestination() };
    host = await StoringHost.start(sqlite, destinations, { remoteTimeout: 60_000, metrics: true }, {}, more);
    await host.store.store({ destinations: ['vault'] });
    const began = performance.now();
    const { backup } = await host.app.get(BackupHealthIndicator, { strict: false }).isHealthy('backup');
    expect(backup).toMatchObject({ status: 'up', unreadableDestinations: ['sick'] });
    const text = await host.app.get(MetricsService, { strict: false }).text();
    expect(text).toMatch(/destination_readable\{destination="sick"\} 0\n.*destination="vault"\} 1/);
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  it('holds the lock of the schedule no longer than its deadline', async () => {
    const schedules = [{ cron: '0 0 1 1 *', destinations: ['sick'] }];
    const more = [ScheduleModule.forRoot(), BackupScheduleModule.forRoot({ schedules })];
    const options = { remoteTimeout: 1_000, encryptionKey: AES_KEY };
    host = await StoringHost.start(sqlite, { sick: silentAt('list') }, options, {}, more);
    await until('it gave up', () => host.logs().includes('list() did not answer for 1 seconds'), 10_000);
    await until('the lock is free', () => isFree('schedule'), 2_000);
  });
});
