import { randomBytes } from 'node:crypto';
import { type BackupEvent, RestoreService } from 'nestjs-backup';
import { AuditService } from '../../lib/audit/audit.service.js';
import { BackupQueue, BackupQueueModule } from '../../lib/queue/index.js';
import { keyPair } from '../fixtures/age.js';
import { body, describeEachAdapter, type Host } from '../fixtures/host.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { Redis } from '../fixtures/redis.mjs';
import { forget } from '../fixtures/redis-keys.js';
import { AES_KEY, secret } from '../fixtures/secrets.js';
import { until } from '../fixtures/wait.js';
import { describeWithRedis } from '../fixtures/with-redis.js';

/** That of the application; who asks may have another one. */
const OWN_KEY = secret(randomBytes(32).toString('hex'));

describeWithRedis('With a queue', (url) => {
  describeEachAdapter('a fleet over HTTP', (hosting) => {
    const vault = new MemoryDestination();
    const prefix = `test-${randomBytes(6).toString('hex')}`;
    let web: Host;
    let worker: Host;
    /** What each of the two did. */
    const did = { web: [] as BackupEvent[], worker: [] as BackupEvent[] };
    beforeAll(async () => {
      const replica = (isWorker: boolean) =>
        hosting.start({
          options: { destinations: { vault }, encryptionKey: OWN_KEY },
          modules: [BackupQueueModule.forRoot({ connection: { url }, prefix, worker: isWorker })],
        });
      [web, worker] = [await replica(false), await replica(true)];
      for (const [host, events] of [
        [web, did.web],
        [worker, did.worker],
      ] as const) {
        host.app.get(AuditService, { strict: false }).listen((event) => events.push(event));
      }
    });
    beforeEach(() => {
      for (const events of Object.values(did)) events.length = 0;
    });
    afterAll(async () => {
      const redis = await Redis.connect(url);
      await forget(redis, prefix);
      redis.close();
    });
    const post = (more = {}) => web.post({ body: { ...body, destination: 'vault', ...more } });
    const runs = (of: keyof typeof did) =>
      did[of].map(({ event }) => event).filter((event) => event !== 'backup.allowed');

    it('a web process only asks: a worker makes the backup, which is found by the id of the answer', async () => {
      const answer = await post();
      expect(answer).toMatchObject({ status: 202, json: { id: expect.any(String) } });
      const { id } = answer.json as { id: string };
      const job = async () => (await web.app.get(BackupQueue, { strict: false }).job(id))?.state === 'completed';
      await until('it is made', job, 20_000);
      expect({ web: runs('web'), worker: runs('worker') }).toEqual({
        web: [],
        worker: ['backup.started', 'backup.finished'],
      });
      expect(did.worker.at(-1)).toMatchObject({ via: 'http', user: 'ops', encrypted: true });
      const restores = web.app.get(RestoreService, { strict: false });
      const { manifest } = await restores.verify({ destination: 'vault', id }, { aesKey: OWN_KEY });
      expect(manifest.id).not.toBe(id);
    });

    it('one with a key of its own is made where it is asked for, since the key must not go to Redis', async () => {
      const answer = await post({ aes_key: AES_KEY });
      expect(answer.status).toBe(202);
      await until('it is made', () => runs('web').includes('backup.finished'), 20_000);
      expect(runs('worker')).toEqual([]);
      const restores = web.app.get(RestoreService, { strict: false });
      const { id } = answer.json as { id: string };
      expect((await restores.verify({ destination: 'vault', id }, { aesKey: AES_KEY })).manifest.id).toBe(id);
    });

    it('one with recipients of its own is made where it is asked for, and for them', async () => {
      const alice = await keyPair();
      const { status, json } = await post({ recipients: [alice.recipient] });
      expect(status).toBe(202);
      await until('it is made', () => runs('web').includes('backup.finished'), 20_000);
      expect(runs('worker')).toEqual([]);
      const restores = web.app.get(RestoreService, { strict: false });
      const { id } = json as { id: string };
      const { manifest } = await restores.verify({ destination: 'vault', id }, { identity: alice.file });
      expect(manifest.id).toBe(id);
    });

    it('a worker that has recipients encrypts to them what a web process asks for', async () => {
      const own = await keyPair('hybrid');
      const other = `${prefix}-recipients`;
      const places = new MemoryDestination();
      const replica = (isWorker: boolean) =>
        hosting.start({
          options: { destinations: { vault: places }, recipients: [own.recipient] },
          modules: [BackupQueueModule.forRoot({ connection: { url }, prefix: other, worker: isWorker })],
        });
      const [asking] = [await replica(false), await replica(true)];
      try {
        const { json } = await asking.post({ body: { ...body, destination: 'vault' } });
        const { id } = json as { id: string };
        const job = async () => (await asking.app.get(BackupQueue, { strict: false }).job(id))?.state === 'completed';
        await until('it is made', job, 20_000);
        expect([...places.objects.keys()][0]).toMatch(/\.zip\.age$/);
        const restores = asking.app.get(RestoreService, { strict: false });
        await restores.verify({ destination: 'vault', id }, { identity: own.file });
      } finally {
        const redis = await Redis.connect(url);
        await forget(redis, other);
        redis.close();
      }
    });

    it('is told that Redis does not answer, and nothing is made', async () => {
      const alone = await hosting.start({
        options: { destinations: { vault }, encryptionKey: OWN_KEY },
        modules: [BackupQueueModule.forRoot({ connection: { host: '127.0.0.1', port: 1 }, worker: false })],
      });
      const before = vault.objects.size;
      const answer = await alone.post({ body: { ...body, destination: 'vault' } });
      expect(answer).toMatchObject({ status: 503, json: { code: 'QUEUE_UNAVAILABLE' } });
      expect(answer.json.message).toMatch(/^Redis, which holds the backup queue, does not answer/);
      expect(vault.objects.size).toBe(before);
    });

    it('a download is made where it is asked for', async () => {
      expect(await web.post()).toMatchObject({ status: 200 });
      expect(runs('worker')).toEqual([]);
    });
  });
});
