import { PassThrough, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { BackupService } from 'nestjs-backup';
import { DatabaseService } from '../../lib/database/database.service.js';
import { describeEachAdapter, type Host } from '../fixtures/host.js';
import { until } from '../fixtures/wait.js';

/** What is hard to bring about from outside. */
describeEachAdapter('At an odd moment', ({ start }) => {
  let host: Host;
  beforeEach(async () => {
    host = await start();
  });

  /** The next backup is this stream, whoever aborts it. */
  function nextBackupIs(stream: Readable, begin: () => Promise<unknown> = async () => {}): void {
    host.app.get(BackupService, { strict: false }).create = async () => {
      await begin();
      const manifest = new Promise<never>(() => {});
      return { id: '1', filename: 'a.zip', contentType: 'application/zip', keyIds: [], stream, manifest };
    };
  }

  it('an archive that fails in the tick in which it became readable is an error before the first byte', async () => {
    const stream = new PassThrough();
    stream.on('error', () => {});
    stream.once('readable', () => stream.destroy(new Error('just now')));
    nextBackupIs(stream, async () => setImmediate(() => stream.write('PK')));
    const answer = await host.post();
    expect(answer.status).toBe(500);
    expect(answer.json.code).toBe('INTERNAL');
  });

  it('an archive that begins when the client has left is destroyed', async () => {
    const stream = new PassThrough();
    stream.write('PK');
    const asking = new AbortController();
    nextBackupIs(stream, async () => {
      asking.abort();
      await sleep(50);
    });
    await expect(host.open({ signal: asking.signal })).rejects.toThrow();
    await until('the archive is destroyed', () => stream.destroyed);
  });

  it('an archive that nobody stops is destroyed when the client leaves', async () => {
    const stream = new PassThrough();
    stream.write('PK');
    nextBackupIs(stream);
    (await host.open()).destroy();
    await until('the archive is destroyed', () => stream.destroyed);
  });

  it('a snapshot that cannot be closed does not keep the lock, and is no unhandled rejection', async () => {
    const databases = host.app.get(DatabaseService, { strict: false });
    const snapshot = databases.snapshot.bind(databases);
    databases.snapshot = async (signal) => {
      const taken = await snapshot(signal);
      const close = taken.snapshot.close.bind(taken.snapshot);
      taken.snapshot.close = () => close().then(() => Promise.reject(new Error('will not close')));
      return taken;
    };
    expect((await host.post()).status).toBe(500);
    databases.snapshot = snapshot;
    await host.unlocked();
    expect((await host.post()).status).toBe(200);
    expect(host.logs.join('\n')).toContain('failed: will not close');
  });
});
