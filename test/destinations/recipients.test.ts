import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BackupDestination, BackupLog, HistoryService, localDirectory, RestoreService } from 'nestjs-backup';
import { BackupHealthIndicator, BackupHealthModule } from '../../lib/health/index.js';
import { s3Bucket } from '../../lib/s3/index.js';
import { ScheduledRuns } from '../../lib/store/scheduled-runs.js';
import { manifestName } from '../../lib/store/stored-names.js';
import { type KeyPair, keyPair } from '../fixtures/age.js';
import { noteEntities } from '../fixtures/cli.js';
import { engine } from '../fixtures/databases.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { S3Server } from '../fixtures/s3-server.js';
import { AES_KEY, secret } from '../fixtures/secrets.js';
import { StoringHost } from '../fixtures/storing-host.js';
import { until } from '../fixtures/wait.js';

const retentionKey = secret('what only the application knows');

describe('Backups to recipients in destinations', () => {
  let server: S3Server;
  let folder: string;
  let alice: KeyPair;
  let places: Record<string, BackupDestination>;
  beforeAll(async () => {
    [server, alice] = [await S3Server.start(), await keyPair('hybrid')];
    folder = await mkdtemp(join(tmpdir(), 'nestjs-backup-age-'));
    places = { local: localDirectory(folder), bucket: s3Bucket(server.options()) };
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  it('are stored, listed, verified, inspected and restored, by ranges, by whoever has the identity', async () => {
    const host = await StoringHost.start(engine('better-sqlite3'), places, { recipients: [alice.recipient] });
    try {
      await host.addBulk();
      const { id, result } = await host.store.store({ destinations: ['local', 'bucket'] });
      expect(result).toBe('success');
      const restores = host.app.get(RestoreService);
      for (const destination of ['local', 'bucket']) {
        const [stored] = await host.store.list(destination);
        expect(stored).toMatchObject({ id, result: 'success', encrypted: true, origin: 'unknown' });
        expect(stored!.archive).toMatch(/\.zip\.age$/);
        const source = { destination, id: 'latest' };
        await expect(restores.verify(source)).rejects.toMatchObject({
          code: 'ARCHIVE_INVALID',
          message: expect.stringContaining('no identity was given'),
        });
        await expect(restores.verify(source, { aesKey: AES_KEY })).rejects.toMatchObject({
          code: 'DECRYPTION_FAILED',
          message: expect.stringContaining('encrypted to recipients'),
        });
        const identity = alice.file;
        expect(await restores.verify(source, { identity })).toMatchObject({ encrypted: true });
        expect((await restores.inspect(source, { identity })).id).toBe(id);
        await host.query('DELETE FROM note');
        await restores.restore(source, { identity, replace: true });
        expect(await host.query('SELECT text FROM note ORDER BY id')).toEqual(
          ['one', 'two', 'three'].map((text) => ({ text })),
        );
      }
      expect(new Set(server.objectsRead())).toEqual(new Set(['206']));
    } finally {
      await host.close();
    }
  });

  it('are made by schedules, also where an encryptionKey seals them, and are pruned', async () => {
    const vault = new MemoryDestination();
    for (const keys of [{ retentionKey }, { encryptionKey: AES_KEY }]) {
      vault.objects.clear();
      const options = { recipients: [alice.recipient], retention: { last: 1 }, ...keys };
      const host = await StoringHost.start(engine('better-sqlite3'), { vault }, options);
      try {
        const runs = host.app.get(ScheduledRuns, { strict: false });
        const scheduled = { schedule: 'nightly', scheduledAt: new Date().toISOString() };
        const signal = new AbortController().signal;
        await runs.storeOnce(scheduled, { destinations: ['vault'], signal });
        await runs.storeMissing({ ...scheduled, schedule: 'job-1' }, { destinations: ['vault'], signal });
        const names = [...vault.objects.keys()].filter((name) => !name.endsWith('.json'));
        expect(names).toEqual([expect.stringMatching(/\.zip\.age$/), expect.stringMatching(/\.zip\.age$/)]);
        expect((await host.store.list('vault')).map(({ origin }) => origin)).toEqual(['own', 'own']);
        expect((await host.store.prune('vault')).deleted).toHaveLength(1);
      } finally {
        await host.close();
      }
    }
  });

  it('are known to the history and the health check, which need no identity', async () => {
    const vault = new MemoryDestination();
    const options = { recipients: [alice.recipient], retentionKey, history: true };
    const entities = [...noteEntities, BackupLog];
    const modules = [BackupHealthModule.forRoot()];
    const host = await StoringHost.start(engine('better-sqlite3'), { vault }, options, { entities }, modules);
    try {
      const health = async () =>
        (await host.app.get(BackupHealthIndicator, { strict: false }).isHealthy('backups')).backups;
      expect(await health()).toMatchObject({ status: 'down' });
      const { id } = await host.store.store({ destinations: ['vault'] });
      expect(await health()).toMatchObject({ status: 'up', lastBackup: expect.any(String) });
      const history = host.app.get(HistoryService, { strict: false });
      const last = async () => (await history.page(1, 10)).items[0];
      await until('its row has its end', async () => (await last())?.state === 'success');
      expect(await last()).toMatchObject({ id, kind: 'backup', destination: 'vault' });
    } finally {
      await host.close();
    }
  });

  it('without a seal count for nothing where the application has a key: anyone can write to recipients', async () => {
    const vault = new MemoryDestination();
    const options = { recipients: [alice.recipient], retentionKey, retention: { last: 1 } };
    const host = await StoringHost.start(engine('better-sqlite3'), { vault }, options);
    try {
      const { id } = await host.store.store({ destinations: ['vault'] });
      const [archive] = [...vault.objects.keys()];
      const summary = JSON.parse(String(vault.objects.get(manifestName(archive!)))) as Record<string, unknown>;
      vault.objects.set(manifestName(archive!), Buffer.from(JSON.stringify({ ...summary, seal: undefined })));
      const restores = host.app.get(RestoreService);
      const given = { identity: alice.file, dryRun: true, replace: true };
      await expect(restores.restore({ destination: 'vault', id }, given)).rejects.toMatchObject({
        code: 'ARCHIVE_INVALID',
        message: expect.stringMatching(/encrypted to recipients, which anyone can do.*--plaintext/),
      });
      const latest = restores.restore({ destination: 'vault', id: 'latest' }, given);
      await expect(latest).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
      expect((await host.store.prune('vault')).deleted).toEqual([]);
      const known = await restores.restore({ destination: 'vault', id }, { ...given, plaintext: true });
      expect(known.manifest.id).toBe(id);
    } finally {
      await host.close();
    }
  });
});
