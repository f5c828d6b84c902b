import { EventEmitter } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type BackupEvent, BackupService, RestoreService } from 'nestjs-backup';
import { DatabaseService } from '../../lib/database/database.service.js';
import { fillBulk } from '../fixtures/bulk.js';
import { asSystem, body, describeEachAdapter, type Host } from '../fixtures/host.js';
import { AES_KEY, BACKUP_KEY, secret } from '../fixtures/secrets.js';
import { until } from '../fixtures/wait.js';

/** Looks like that of @nestjs/event-emitter, with which `nest-packages.test.ts` is. */
class EventEmitter2 extends EventEmitter {
  async emitAsync(): Promise<void> {}
}
class EventEmitterModule {}
const moduleOf = (emitter: EventEmitter2) => ({
  module: EventEmitterModule,
  providers: [{ provide: EventEmitter2, useValue: emitter }],
});

const NAMES = ['allowed', 'refused', 'started', 'finished', 'failed', 'aborted'];
const byOps = { via: 'http', user: 'ops', address: '127.0.0.1', at: expect.any(Date) };
const inCode = { via: 'code', user: null, address: null, at: expect.any(Date) };

describeEachAdapter(
  'The audit',
  ({ start }) => {
    const emitter = new EventEmitter2();
    const heard: BackupEvent[] = [];
    let host: Host;
    beforeAll(async () => {
      for (const kind of ['backup', 'restore']) {
        for (const name of NAMES) emitter.on(`${kind}.${name}`, (event: BackupEvent) => heard.push(event));
      }
      host = await start({
        options: { wrongKeys: { limit: 1, ttl: 2 ** 45 }, compressionLevel: 0 },
        modules: [moduleOf(emitter)],
      });
    });
    beforeEach(() => {
      heard.length = 0;
      host.logs.length = 0;
    });
    /** What was heard, as soon as there is that much; the log has the same. */
    const events = async (count: number) => {
      await until(`${count} events`, () => heard.length >= count);
      expect(host.events).toEqual(JSON.parse(JSON.stringify(heard)));
      return heard;
    };

    it('tells of a backup: allowed, started, finished, with what was in it', async () => {
      const answer = await host.post({ body: { ...body, aes_key: AES_KEY } });
      const id = answer.headers['x-backup-id'];
      const amounts = { rows: 0, files: 2, bytes: 70_006, milliseconds: expect.any(Number) };
      expect(await events(3)).toEqual([
        { event: 'backup.allowed', ...byOps, check: false },
        { event: 'backup.started', ...byOps, id, encrypted: true, dryRun: false },
        {
          ...{ event: 'backup.finished', ...byOps, id, backup: id, result: 'success', ...amounts },
          ...{ encrypted: true, dryRun: false },
        },
      ]);
    });

    it('tells that a backup is incomplete', async () => {
      const path = join(host.dataDir, 'a\\b.txt');
      await writeFile(path, 'x');
      await host.post();
      await rename(path, join(host.dataDir, 'ab.txt'));
      expect((await events(3))[2]).toMatchObject({ event: 'backup.finished', result: 'incomplete', files: 2 });
    });

    it('tells of a check, after which nothing follows', async () => {
      await host.post({ body: { ...body, check: true } });
      expect(await events(1)).toEqual([{ event: 'backup.allowed', ...byOps, check: true }]);
    });

    it.each([
      ['NOT_LOGGED_IN', 401, { headers: {} }, null],
      ['NOT_SYSTEM_USER', 403, { headers: { 'x-user': 'superuser' } }, 'root'],
      ['NOT_JSON', 415, { body: 'key', headers: { ...asSystem, 'Content-Type': 'text/plain' } }, 'ops'],
      ['KEY_MISSING', 400, { body: {} }, 'ops'],
      ['INVALID_BODY', 400, { body: { ...body, aes_key: secret('not an AES key') } }, 'ops'],
      ['WRONG_KEY', 403, { body: { key: secret('a wrong key for the audit') } }, 'ops'],
      ['TOO_MANY_WRONG_KEYS', 429, { body: { key: secret('another wrong key for it') } }, 'ops'],
    ])('tells of a refusal, of whom, and why: %s', async (reason, status, ask, user) => {
      expect((await host.post(ask)).status).toBe(status);
      expect(await events(1)).toEqual([{ event: 'backup.refused', ...byOps, user, reason, status }]);
    });
  },
  'sql.js',
);

describeEachAdapter('The audit of what goes wrong', ({ start }) => {
  let host: Host;
  beforeAll(async () => {
    host = await start({ options: { compressionLevel: 0 } });
    await fillBulk(host.dataSource, 8);
  });
  beforeEach(() => (host.logs.length = 0));
  const names = () => host.events.map(({ event }) => event);
  const last = async (name: string) => {
    await until(name, () => names().at(-1) === name, 5_000);
    return host.events.at(-1);
  };

  it('tells that the lock is held', async () => {
    const lock = await host.app.get(DatabaseService, { strict: false }).lock();
    expect((await host.post()).status).toBe(409);
    await lock.release();
    expect(await last('backup.refused')).toMatchObject({ user: 'ops', reason: 'LOCKED' });
    expect(names()).toEqual(['backup.allowed', 'backup.refused']);
  });

  it('tells that a backup could not begin', async () => {
    await rename(host.dataDir, `${host.dataDir}-away`);
    expect((await host.post()).status).toBe(500);
    await rename(`${host.dataDir}-away`, host.dataDir);
    expect(await last('backup.failed')).toMatchObject({ result: 'failed', code: 'DIRECTORY_UNREADABLE', rows: 0 });
    expect(names()).toEqual(['backup.allowed', 'backup.failed']);
  });

  it('tells that the client left, and how far it was', async () => {
    const response = await host.open();
    response.destroy();
    expect(await last('backup.aborted')).toMatchObject({
      ...byOps,
      at: expect.any(String),
      result: 'failed',
      code: 'ABORTED',
    });
    expect(names()).toEqual(['backup.allowed', 'backup.started', 'backup.aborted']);
    await host.unlocked();
  });

  it('tells of backups and restores in code, and of who wanted them', async () => {
    const initiator = { user: 'night shift', address: '192.0.2.1' };
    const { stream, id } = await host.app.get(BackupService).create({ initiator });
    const archive = await buffer(stream);
    expect(await last('backup.finished')).toMatchObject({ ...initiator, via: 'code', id, rows: 500 });
    const restores = host.app.get(RestoreService);
    await expect(restores.restore(Readable.from([archive]))).rejects.toMatchObject({ code: 'RESTORE_REFUSED' });
    expect(host.events.at(-1)).toMatchObject({ event: 'restore.refused', reason: 'RESTORE_REFUSED' });
    await expect(restores.restore(Readable.from([archive.subarray(9)]))).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
    });
    expect(host.events.at(-1)).toMatchObject({ event: 'restore.failed', code: 'ARCHIVE_INVALID' });
    await restores.restore(Readable.from([archive]), { replace: true, initiator });
    expect(host.events.at(-1)).toMatchObject({
      ...{ event: 'restore.finished', ...inCode, at: expect.any(String), ...initiator, backup: id, result: 'success' },
      ...{ rows: 500, files: 2, bytes: 70_006, dryRun: false, encrypted: false },
    });
    const signal = AbortSignal.abort();
    await expect(restores.restore(Readable.from([archive]), { signal })).rejects.toMatchObject({ code: 'ABORTED' });
    expect(host.events.at(-1)).toMatchObject({ event: 'restore.aborted', result: 'failed' });
  });

  // From here on the hosts are others, and the log is theirs.

  it('tells that the feature is off', async () => {
    const off = await start({ options: { enabled: () => false } });
    await off.post();
    await until('it is refused', () => off.events.length === 1);
    expect(off.events[0]).toMatchObject({ event: 'backup.refused', reason: 'DISABLED', status: 404, user: null });
  });

  it('tells that nobody took what was made', async () => {
    const small = await start({ options: { dataDirs: {} } });
    await small.dataSource.query('DELETE FROM bulk');
    const { stream, manifest } = await small.app.get(BackupService).create();
    expect((await manifest).complete).toBe(true);
    stream.destroy();
    await until('it ends', () => small.events.length === 2);
    expect(small.events[1]).toMatchObject({ event: 'backup.aborted', code: 'ABORTED', result: 'failed' });
  });

  it('is not silenced by a listener that throws', async () => {
    const emitter = new EventEmitter2();
    emitter.on('backup.allowed', () => {
      throw new Error('the listener is broken');
    });
    const listening = await start({ modules: [moduleOf(emitter)] });
    expect((await listening.post({ body: { key: BACKUP_KEY, check: true }, headers: asSystem })).status).toBe(200);
    expect(listening.logs.join('\n')).toContain('the listener is broken');
  });
});
