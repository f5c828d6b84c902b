import { type BackupModuleOptions, BackupStore, type CreateBackupOptions } from 'nestjs-backup';
import { keyPair } from '../../fixtures/age.js';
import { describeEachAdapter, type Host } from '../../fixtures/host.js';
import { Project, seed } from '../../fixtures/host-entities.js';
import { MemoryDestination } from '../../fixtures/memory-destination.js';
import { AES_KEY, secret } from '../../fixtures/secrets.js';
import { until } from '../../fixtures/wait.js';
import { PageClient } from '../page-host.js';
import { madeArchive } from './made-archive.js';
import { UploadClient } from './upload-client.js';

const OTHER_KEY = secret('1'.repeat(64));

describeEachAdapter('An uploaded archive', (hosting) => {
  let host: Host;
  let client: UploadClient;
  let vault: MemoryDestination;
  const start = async (options: BackupModuleOptions = {}) => {
    vault = new MemoryDestination();
    host = await hosting.start({
      options: { destinations: { vault }, uploads: { maxUnfinished: 50 }, ...options },
      extras: { page: true, restoreOverHttp: true },
    });
    client = new UploadClient(host.url);
    await seed(host.dataSource);
  };
  const make = (options: CreateBackupOptions = {}) => madeArchive(host, options);
  const items = async () => (await new PageClient(host).get('backups')).json.items;
  const leftovers = () => [...vault.objects.keys()].filter((name) => /^upload-.*\.\d+-/.test(name));

  describe('of an application without a key', () => {
    beforeAll(() => start());

    it('is verified, listed as uploaded, and restored as any other', async () => {
      const { id, filename, archive } = await make();
      expect((await new PageClient(host).get('status')).json.features).toMatchObject({ upload: true });
      const upload = await client.whole(archive, filename);
      expect(upload).toMatchObject({ state: 'stored', backup: id, error: null });
      expect(await items()).toMatchObject([
        {
          id,
          destination: 'vault',
          origin: 'uploaded',
          result: 'success',
          bytes: archive.length,
          files: 2,
          problem: null,
        },
      ]);
      expect(leftovers()).toEqual([]);
      const name = [...vault.objects.keys()].find((one) => one.endsWith(`${id}.zip`))!;
      expect(vault.objects.get(name)!.equals(archive)).toBe(true);
      expect(host.events).toContainEqual(
        expect.objectContaining({ event: 'backup.uploaded', backup: id, verified: true, user: 'ops', via: 'http' }),
      );

      await host.dataSource.getRepository(Project).save({ name: 'made after the backup' });
      const page = new PageClient(host);
      const { json: plan } = await page.act('restores', { destination: 'vault', id, plan: true });
      expect(plan).toMatchObject({ backup: { id } });
      const started = await page.act('restores', { destination: 'vault', id, confirm: plan.confirm });
      expect(started.status).toBe(202);
      const last = async () => (await page.get('status')).json.lastRestore;
      await until('it is restored', async () => (await last())?.result === 'restored', 30_000);
      await host.unlocked(10_000);
      const projects = await host.dataSource.getRepository(Project).find();
      expect(projects.map(({ name: one }) => one)).not.toContain('made after the backup');
    });

    it('is no backup that counts: neither the latest, nor the last good one', async () => {
      const store = host.app.get(BackupStore, { strict: false });
      for (const { archive } of await store.list('vault')) {
        if (!archive.includes((await items()).find((one: any) => one.origin === 'uploaded').id)) {
          vault.objects.delete(archive);
          vault.objects.delete(`${archive}.json`);
        }
      }
      expect(await items()).toMatchObject([{ origin: 'uploaded' }]);
      expect(await store.newestGood('vault', await store.list('vault'))).toBeUndefined();
      const test = await new PageClient(host).act('tests', { destination: 'vault', id: 'latest' });
      expect(test.status).toBe(404);
    });

    it('is refused where its backup is stored already', async () => {
      const { id, filename, archive } = await make();
      expect((await client.whole(archive, filename)).state).toBe('stored');
      expect(await client.whole(archive, filename)).toMatchObject({
        state: 'refused',
        error: { code: 'UPLOAD_REFUSED', message: expect.stringContaining(`already has objects of backup ${id}`) },
      });
      const named = filename.replace('.zip', `-${id}.zip`);
      expect(await client.begin({ filename: named, size: 100 })).toMatchObject({
        status: 409,
        json: { code: 'UPLOAD_REFUSED' },
      });
    });

    it('is refused and removed when it is damaged, or was cut', async () => {
      const { id, filename, archive } = await make();
      const damaged = Buffer.from(archive);
      // In the middle of the last file, whose checksum no longer fits then.
      damaged[damaged.indexOf('umlaut')]! ^= 1;
      const changed = damaged.equals(archive) ? flipped(archive, Math.floor(archive.length / 2)) : damaged;
      for (const bytes of [changed, archive.subarray(0, -100), archive.subarray(0, archive.length >> 1)]) {
        const upload = await client.whole(bytes, filename);
        expect(upload).toMatchObject({ state: 'refused', backup: null, error: { code: 'ARCHIVE_INVALID' } });
        expect(leftovers()).toEqual([]);
      }
      expect((await items()).map((one: any) => one.id)).not.toContain(id);
    });

    it('is refused with its first byte when it is none', async () => {
      const { json } = await client.begin({ filename: 'holiday.jpg', size: 20 });
      const sent = await client.patch(json, 0, Buffer.from('\xff\xd8 is no archive here', 'latin1'));
      expect([sent.status, sent.json.code]).toEqual([422, 'ARCHIVE_INVALID']);
      expect((await client.state(json)).status).toBe(404);
      expect(leftovers()).toEqual([]);
    });

    it('is checked once at a time, and not again', async () => {
      const { filename, archive } = await make();
      const { json } = await client.begin({ filename, size: archive.length });
      await client.patch(json, 0, archive);
      const [one, other] = await Promise.all([client.check(json), client.check(json)]);
      expect([one.status, other.status].toSorted()).toEqual([202, 409]);
      expect((await client.ended(json)).state).toBe('stored');
      expect(await client.check(json)).toMatchObject({ status: 409, json: { code: 'UPLOAD_OVER' } });
      expect(await client.patch(json, archive.length, Buffer.from('x'))).toMatchObject({
        json: { code: 'UPLOAD_OVER' },
      });
    });

    it('that is encrypted with a key of somebody is opened with that key, or kept by its form', async () => {
      const { id, filename, archive } = await make({ aesKey: OTHER_KEY });
      const { json } = await client.begin({ filename, size: archive.length });
      await client.patch(json, 0, archive);
      expect(await client.check(json)).toMatchObject({
        status: 409,
        json: { code: 'UPLOAD_REFUSED', message: expect.stringContaining('backup-<time>-<id>.zip.crypt') },
      });
      expect(await client.check(json, { aes_key: 'x' })).toMatchObject({
        status: 400,
        json: { code: 'INVALID_AES_KEY' },
      });
      expect((await client.check(json, { aes_key: AES_KEY })).status).toBe(202);
      // Another key may open it, so nothing is thrown away.
      expect(await client.ended(json)).toMatchObject({ state: 'received', error: { code: 'DECRYPTION_FAILED' } });
      expect((await client.check(json, { aes_key: OTHER_KEY })).status).toBe(202);
      expect(await client.ended(json)).toMatchObject({ state: 'stored', backup: id, error: null });

      const second = await make({ aesKey: OTHER_KEY });
      const name = second.filename.replace('.zip', `-${second.id}.zip`);
      expect(await client.whole(second.archive, name)).toMatchObject({ state: 'stored', backup: second.id });
      expect((await items()).find((one: any) => one.id === second.id)).toMatchObject({
        ...{ encrypted: true, origin: 'uploaded', rows: null, files: null, tables: null },
      });
      expect(host.events).toContainEqual(expect.objectContaining({ backup: second.id, verified: false }));
      const cut = second.archive.subarray(0, 30);
      expect(
        await client.whole(
          cut,
          name.replace(
            second.id,
            id.replace(/^./, (first) => (first === '0' ? '1' : '0')),
          ),
        ),
      ).toMatchObject({
        state: 'refused',
        error: { code: 'DECRYPTION_FAILED' },
      });
    });

    it('that is encrypted to recipients is opened with an identity, or kept by its form', async () => {
      const { identity, recipient } = await keyPair();
      const { id, filename, archive } = await make({ recipients: [recipient] });
      expect(await client.whole(archive, filename, {}, { identity })).toMatchObject({ state: 'stored', backup: id });
      const second = await make({ recipients: [recipient] });
      const name = second.filename.replace('.zip', `-${second.id}.zip`);
      expect(await client.whole(second.archive, name)).toMatchObject({ state: 'stored', backup: second.id });
    });
  });

  describe('of an application that encrypts', () => {
    beforeAll(() => start({ encryptionKey: AES_KEY }));

    it('is opened with its key', async () => {
      const { id, filename, archive } = await make();
      expect(filename).toMatch(/\.crypt$/);
      expect(await client.whole(archive, filename)).toMatchObject({ state: 'stored', backup: id });
      expect(await items()).toMatchObject([{ id, origin: 'uploaded', encrypted: true }]);
      const cut = await make();
      expect(await client.whole(flipped(cut.archive, cut.archive.length - 3), cut.filename)).toMatchObject({
        error: { code: 'DECRYPTION_FAILED' },
      });
    });

    it('is refused with its first byte when it is not encrypted, unless that is wanted', async () => {
      const { id, filename, archive } = await make({ plaintext: true });
      const { json } = await client.begin({ filename, size: archive.length });
      const sent = await client.patch(json, 0, archive);
      expect([sent.status, sent.json.code]).toEqual([409, 'UPLOAD_REFUSED']);
      expect((await client.head(json)).status).toBe(404);
      expect([...vault.objects.keys()].filter((name) => name.includes(json.id))).toEqual([]);
      const wanted = await client.whole(archive, filename, { plaintext: true });
      expect(wanted).toMatchObject({ state: 'stored', backup: id });
      const plan = await new PageClient(host).act('restores', { destination: 'vault', id, plan: true });
      expect(plan).toMatchObject({ status: 200, json: { backup: { id } } });
    });

    it('is not deleted by retention, and takes no place from other backups', async () => {
      const store = host.app.get(BackupStore, { strict: false });
      const uploaded = (await store.list('vault')).filter(({ origin }) => origin === 'uploaded').map(({ id }) => id);
      expect(uploaded).toHaveLength(2);
      const made = [await store.store({ destinations: ['vault'] }), await store.store({ destinations: ['vault'] })];
      const pruned = await hosting.start({
        options: { destinations: { vault }, encryptionKey: AES_KEY, retention: { last: 1 }, dataDirs: {} },
      });
      const report = await pruned.app.get(BackupStore, { strict: false }).prune('vault');
      expect(report.deleted).toEqual([made[0]!.id]);
      const left = (await store.list('vault')).map(({ id }) => id);
      expect(left).toEqual(expect.arrayContaining([...uploaded, made[1]!.id]));
    });
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 1;
  return copy;
}
