import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackupStore, localDirectory } from 'nestjs-backup';
import { asSystem, describeEachAdapter, type Host, type HostSetup } from '../fixtures/host.js';
import { send } from '../fixtures/http-client.js';
import { BACKUP_KEY } from '../fixtures/secrets.js';
import { signingPair } from '../fixtures/signing.js';
import { until } from '../fixtures/wait.js';

const BASE = '/api/v1/utils/backup';

describeEachAdapter('Restores over HTTP', (hosting) => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-backup-vault-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const setup = (extras: HostSetup['extras']): HostSetup => ({
    options: { destinations: { vault: localDirectory(folder) } },
    extras: { page: true, ...extras },
  });
  const ask = (host: Host, path: string, body: object, headers = asSystem) =>
    host.post({ path: `${BASE}/${path}`, body: { key: BACKUP_KEY, ...body }, headers });
  const status = async (host: Host) =>
    (await send(`${host.url}${BASE}/status`, { method: 'GET', headers: asSystem })).json;

  it('are not there unless they are switched on', async () => {
    const host = await hosting.start(setup({}));
    const reference = { destination: 'vault', id: 'any' };
    expect((await ask(host, 'restores', { ...reference, plan: true })).status).toBe(404);
    expect((await ask(host, 'restores/any/undo', {})).status).toBe(404);
    expect(await status(host)).toMatchObject({ maintenance: null, lastRestore: null, features: { restore: false } });
    await host.close();
  });

  it('are refused for a backup that no trusted signer has made, which the page shows', async () => {
    const [own, other] = [signingPair(), signingPair()];
    const options = { destinations: { vault: localDirectory(folder) }, signingKey: own.pem };
    const forger = await hosting.start({ ...setup({}), options: { ...options, signingKey: other.pem } });
    const { id: forged } = await forger.app.get(BackupStore, { strict: false }).store({ destinations: ['vault'] });
    await forger.close();
    const extras = { page: true, restoreOverHttp: true };
    const host = await hosting.start({ extras, options: { ...options, trustedSigners: [own.line] } });
    const { id } = await host.app.get(BackupStore, { strict: false }).store({ destinations: ['vault'] });
    const restore = (of: string) => ask(host, 'restores', { destination: 'vault', id: of, plan: true });
    expect((await restore(forged)).json).toMatchObject({ statusCode: 422, code: 'SIGNATURE_UNTRUSTED' });
    const plan = await restore(id);
    expect(plan.status).toBe(200);
    const begun = await ask(host, 'restores', { destination: 'vault', id: forged, confirm: plan.json.confirm });
    expect(begun.json).toMatchObject({ statusCode: 422, code: 'SIGNATURE_UNTRUSTED' });
    const content = async (of: string) =>
      (await send(`${host.url}${BASE}/backups/vault/${of}`, { method: 'GET', headers: asSystem })).json.signature;
    expect(await content(id)).toEqual({ signer: own.fingerprint, trusted: true });
    expect(await content(forged)).toEqual({ signer: other.fingerprint, trusted: false });
    await host.close();
  });

  it('are planned, confirmed by the name of the application, shown in the status, and undone', async () => {
    const host = await hosting.start(setup({ restoreOverHttp: true }));
    const { id } = await host.app.get(BackupStore, { strict: false }).store({ destinations: ['vault'] });
    const reference = { destination: 'vault', id };

    const plan = await ask(host, 'restores', { ...reference, plan: true });
    expect(plan.status).toBe(200);
    expect(plan.json).toMatchObject({ backup: { id }, point: 'vault', complete: true, confirm: expect.any(String) });
    for (const confirm of [undefined, 'another name']) {
      const answer = await ask(host, 'restores', { ...reference, confirm });
      expect(answer.json).toMatchObject({ statusCode: 400, code: 'NOT_CONFIRMED' });
    }
    const unknown = await ask(host, 'restores', { ...reference, id: 'other', plan: true });
    expect(unknown.json).toMatchObject({ statusCode: 404, code: 'BACKUP_NOT_FOUND' });
    const wrong = await ask(host, 'restores', {
      ...reference,
      key: 'not the right backup key',
      confirm: plan.json.confirm,
    });
    expect(wrong.json).toMatchObject({ statusCode: 403, code: 'WRONG_KEY' });
    const superuser = await ask(host, 'restores', { ...reference, plan: true }, { 'x-user': 'superuser' });
    expect(superuser.json).toMatchObject({ statusCode: 403, code: 'NOT_SYSTEM_USER' });

    const started = await ask(host, 'restores', { ...reference, confirm: plan.json.confirm });
    expect(started.status).toBe(202);
    expect((await ask(host, 'restores', { ...reference, confirm: plan.json.confirm })).json).toMatchObject({
      statusCode: 409,
      code: 'LOCKED',
    });
    const over = async (restore: string) => {
      let last: any;
      await until(
        'the restore is over',
        async () => {
          ({ lastRestore: last } = await status(host));
          return last.id === restore && last.result !== null;
        },
        60_000,
      );
      return last;
    };
    const last = await over(started.json.id);
    expect(last).toMatchObject({ result: 'restored', user: 'ops', canUndo: true, undoes: null });
    expect(Object.keys(last)).not.toContain('witness');
    const kinds = host.events.map(({ event, via }) => `${event} ${via}`);
    expect(kinds).toEqual(expect.arrayContaining(['restore.finished http', 'backup.finished http']));

    expect((await ask(host, 'restores/other/undo', {})).json).toMatchObject({
      statusCode: 404,
      code: 'RESTORE_NOT_FOUND',
    });
    const undo = await ask(host, `restores/${last.id}/undo/`, {});
    expect(undo.status).toBe(202);
    expect(await over(undo.json.id)).toMatchObject({ result: 'restored', undoes: last.id });
    expect((await ask(host, `restores/${last.id}/undo`, {})).json).toMatchObject({
      statusCode: 409,
      code: 'RESTORE_REFUSED',
    });
  });

  it('end without effect when they are cancelled before the commit', async () => {
    const host = await hosting.start(setup({ restoreOverHttp: true }));
    const { id } = await host.app.get(BackupStore, { strict: false }).store({ destinations: ['vault'] });
    const { json: plan } = await ask(host, 'restores', { destination: 'vault', id, plan: true });
    const { json: started } = await ask(host, 'restores', { destination: 'vault', id, confirm: plan.confirm });
    const cancelled = await host.post({
      path: `${BASE}/runs/${started.id}`,
      method: 'DELETE',
      body: { key: BACKUP_KEY },
    });
    expect(cancelled.status).toBe(202);
    await until('it has ended', async () => (await status(host)).lastRestore.result !== null, 30_000);
    expect((await status(host)).lastRestore).toMatchObject({ result: 'unchanged', error: { code: 'ABORTED' } });
  });
});
