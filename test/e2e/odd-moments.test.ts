import { BackupService } from 'nestjs-backup';
import { PassThrough } from 'node:stream';
import { DatabaseService } from '../../lib/database/database.service.js';
import { describeEachAdapter, type Host } from '../fixtures/host.js';

/** What is hard to bring about from outside. */
describeEachAdapter('At an odd moment', ({ start }) => {
  let host: Host;
  beforeEach(async () => {
    host = await start();
  });

  it('an archive that fails in the tick in which it became readable is an error before the first byte', async () => {
    const service = host.app.get(BackupService, { strict: false });
    const stream = new PassThrough();
    stream.on('error', () => {});
    stream.once('readable', () => stream.destroy(new Error('just now')));
    service.create = async () => {
      setImmediate(() => stream.write('PK'));
      const manifest = new Promise<never>(() => {});
      return { id: '1', filename: 'a.zip', contentType: 'application/zip', stream, manifest };
    };
    const answer = await host.post();
    expect(answer.status).toBe(500);
    expect(answer.json.code).toBe('INTERNAL');
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
    expect(host.logs.join('\n')).toContain('was broken off: will not close');
  });
});
