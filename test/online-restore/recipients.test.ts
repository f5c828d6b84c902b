import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BackupModuleOptions, BackupStore, type KeyService, localDirectory, RewrapService } from 'nestjs-backup';
import { ReplicaRecords } from '../../lib/replicas/replica-records.js';
import { type KeyPair, keyPair } from '../fixtures/age.js';
import { asSystem, describeEachAdapter, type Host } from '../fixtures/host.js';
import { Project, seed } from '../fixtures/host-entities.js';
import { send } from '../fixtures/http-client.js';
import { AES_KEY, BACKUP_KEY, secret } from '../fixtures/secrets.js';
import { until } from '../fixtures/wait.js';

const BASE = '/api/v1/utils/backup';
const retentionKey = secret('what only the application knows');

/** Turns keys around. */
const service: KeyService = {
  id: 'test/around',
  wrap: async (key) => Uint8Array.from(key).reverse(),
  unwrap: async (wrapped) => Uint8Array.from(wrapped).reverse(),
};

describeEachAdapter('Restores over HTTP on a server with recipients', (hosting) => {
  let folder: string;
  let host: Host;
  let alice: KeyPair;
  let bob: KeyPair;
  let isHealthy: boolean;
  beforeAll(async () => {
    [alice, bob] = [await keyPair(), await keyPair('hybrid')];
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-backup-vault-'));
    isHealthy = true;
  });
  afterEach(async () => {
    await host.close();
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (more: BackupModuleOptions = {}) => {
    host = await hosting.start({
      options: {
        destinations: { vault: localDirectory(folder) },
        recipients: [alice.recipient],
        retentionKey,
        healthCheck: () => isHealthy,
        ...more,
      },
      extras: { page: true, restoreOverHttp: true },
    });
    await seed(host.dataSource);
    // Where there are none, somebody else's.
    const recipients = more.recipients === null ? [alice.recipient] : undefined;
    const { id } = await host.app.get(BackupStore, { strict: false }).store({ destinations: ['vault'], recipients });
    await host.dataSource.getRepository(Project).save({ name: `made after ${id}` });
    return id;
  };
  const ask = (path: string, body: object) =>
    host.post({ path: `${BASE}/${path}`, body: { key: BACKUP_KEY, ...body }, headers: asSystem });
  const plan = async (id: string, identity?: string) =>
    (await ask('restores', { destination: 'vault', id, plan: true, identity })).json;
  const begin = async (id: string, identity?: string) => {
    const { json } = await ask('restores', { destination: 'vault', id, confirm: 'nestjs-backup', identity });
    return json;
  };
  const over = async (restore: string) => {
    let last: any;
    const isOver = async () => {
      const { json } = await send(`${host.url}${BASE}/status`, { method: 'GET', headers: asSystem });
      last = json.lastRestore;
      return last.id === restore && last.result !== null;
    };
    await until('the restore is over', isOver, 60_000);
    return last;
  };
  const isChanged = async (id: string) =>
    (await host.dataSource.getRepository(Project).countBy({ name: `made after ${id}` })) === 1;

  it('are refused without an identity, or with one that opens neither the archive nor the restore point', async () => {
    const id = await start();
    for (const asked of [plan, begin]) {
      expect(await asked(id)).toMatchObject({
        statusCode: 422,
        code: 'ARCHIVE_INVALID',
        message: expect.stringMatching(/no identity was given\. For a restore .*in its dialog \(over HTTP, identity\)/),
      });
      expect(await asked(id, bob.file)).toMatchObject({ statusCode: 422, code: 'DECRYPTION_FAILED' });
      expect(await asked(id, alice.recipient)).toMatchObject({ statusCode: 400, code: 'INVALID_IDENTITY' });
    }
    await host.app
      .get(RewrapService, { strict: false })
      .rewrap({ destination: 'vault', id }, { identity: alice.file, recipients: [bob.recipient] });
    for (const asked of [plan, begin]) {
      expect(await asked(id, bob.file)).toMatchObject({
        statusCode: 409,
        code: 'RESTORE_REFUSED',
        message: expect.stringMatching(/restore point.*belongs to none of them.*Give the identity/s),
      });
    }
    expect(await plan(id, `${bob.file}${alice.file}`)).toMatchObject({ backup: { id } });
    expect(await isChanged(id)).toBe(true);
  });

  it('take an identity for the archive and for the restore point, and so does an undo', async () => {
    const id = await start();
    expect(await plan(id, alice.file)).toMatchObject({ backup: { id }, confirm: 'nestjs-backup' });
    const restored = await over((await begin(id, alice.file)).id);
    expect(restored).toMatchObject({ result: 'restored', canUndo: true, error: null });
    expect(await isChanged(id)).toBe(false);
    const undo = (identity?: string) => ask(`restores/${restored.id}/undo`, { identity });
    expect((await undo()).json).toMatchObject({ statusCode: 422, code: 'ARCHIVE_INVALID' });
    expect((await undo(bob.file)).json).toMatchObject({ statusCode: 422, code: 'DECRYPTION_FAILED' });
    expect(await over((await undo(alice.file)).json.id)).toMatchObject({ result: 'restored', undoes: restored.id });
    expect(await isChanged(id)).toBe(true);
  });

  it('keep an identity in no record', async () => {
    const id = await start();
    const { id: restore } = await begin(id, alice.file);
    await over(restore);
    const records = JSON.stringify(await host.app.get(ReplicaRecords, { strict: false }).all());
    expect(records).toContain(restore);
    expect(records).not.toContain(alice.identity.slice(15));
  });

  it('need no identity where a key service is a recipient', async () => {
    const id = await start({ recipients: [service, bob.recipient] });
    expect(await plan(id)).toMatchObject({ backup: { id } });
    isHealthy = false;
    expect(await over((await begin(id)).id)).toMatchObject({ result: 'rolled-back', error: { code: 'UNHEALTHY' } });
    expect(await isChanged(id)).toBe(true);
  });

  it.each<[string, BackupModuleOptions]>([
    ['to recipients', {}],
    ['with an encryptionKey', { encryptionKey: AES_KEY }],
    ['not at all', { recipients: null }],
  ])('are rolled back from a restore point that is encrypted %s', async (_, options) => {
    const id = await start(options);
    isHealthy = false;
    const { id: restore } = await begin(id, alice.file);
    expect(await over(restore)).toMatchObject({ result: 'rolled-back', error: { code: 'UNHEALTHY' } });
    expect(await isChanged(id)).toBe(true);
  });
});
