import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type BackupModuleOptions, localDirectory, RestoreService, RewrapService } from 'nestjs-backup';
import { StatusService } from '../../lib/status/status.service.js';
import { type KeyPair, keyPair } from '../fixtures/age.js';
import { engine, type TestDatabase } from '../fixtures/databases.js';
import { secret } from '../fixtures/secrets.js';
import { type SigningPair, signingPair } from '../fixtures/signing.js';
import { StoringHost } from '../fixtures/storing-host.js';
import { contentOf, objectsOf } from './conformance.js';

jest.setTimeout(120_000);

const retentionKey = secret('what only the application knows');

describe('A machine that lacks what a backup is sealed or signed with', () => {
  let folder: string;
  let database: TestDatabase;
  let host: StoringHost | undefined;
  let alice: KeyPair;
  let signer: SigningPair;
  beforeAll(async () => {
    [alice, signer] = [await keyPair(), signingPair()];
    database = await engine('better-sqlite3').create();
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-backup-lesser-'));
  });
  afterEach(async () => {
    await host?.close();
    host = undefined;
    await rm(folder, { recursive: true });
  });

  const own = (): BackupModuleOptions => ({
    retentionKey,
    signingKey: signer.pem,
    trustedSigners: [signer.line],
    recipients: [alice.recipient],
  });
  const start = async (options: BackupModuleOptions) => {
    await host?.close();
    // Each machine has a database of the same name.
    const here = { ...engine('better-sqlite3'), create: async () => ({ ...database, drop: async () => {} }) };
    host = await StoringHost.start(here, { vault: localDirectory(folder) }, options);
    return host;
  };
  const stored = async (options: BackupModuleOptions) =>
    (await start(options)).store.store({ destinations: ['vault'] });
  const contents = async () => {
    const place = localDirectory(folder);
    const names = (await objectsOf(place)).map(({ name }) => name);
    return Promise.all(names.map(async (name) => [name, String(await contentOf(place, name))]));
  };

  const LESS: Array<[string, () => BackupModuleOptions, () => BackupModuleOptions, RegExp]> = [
    ['the signingKey', own, () => ({ ...own(), signingKey: null, trustedSigners: null }), /signingKey/],
    ['the signingKey, and trusts signers', own, () => ({ ...own(), signingKey: null }), /signingKey/],
    ['the retentionKey', own, () => ({ ...own(), retentionKey: undefined }), /retentionKey/],
    [
      'either',
      own,
      () => ({ recipients: [alice.recipient], trustedSigners: [signer.line] }),
      /retentionKey.*signingKey/,
    ],
    [
      'the retentionKey of one that is not signed',
      () => ({ ...own(), signingKey: null, trustedSigners: null }),
      () => ({ recipients: [alice.recipient] }),
      /retentionKey/,
    ],
  ];

  it.each(LESS)(
    'does not re-wrap a backup without %s: it would not count any more',
    async (_what, all, less, named) => {
      const { id } = await stored(all());
      const before = await contents();
      await start(less());
      const rewrapping = host!.app.get(RewrapService).rewrap({ destination: 'vault', id }, { identity: alice.file });
      await expect(rewrapping).rejects.toMatchObject({ code: 'WRONG_USAGE', message: expect.stringMatching(named) });
      expect(await contents()).toEqual(before);
    },
  );

  it.each(LESS)('says that a restore test does not count without %s', async (_what, all, less, named) => {
    const { id } = await stored(all());
    await start(less());
    const source = { destination: 'vault', id };
    const test = { identity: alice.file, restore: true };
    expect(await host!.app.get(RestoreService).verify(source, test)).toMatchObject({ restoreTest: true });
    expect(host!.logs()).toMatch(/restore test of backup .* may not count/);
    expect(host!.logs()).toMatch(named);
    await start(all());
    expect(await host!.app.get(StatusService, { strict: false }).lastRestoreTest()).toBeUndefined();
  });

  it('is another one than a machine that has both, whose restore test counts', async () => {
    const { id } = await stored(own());
    const tester = signingPair();
    const trustedSigners = [signer.line, tester.line];
    await start({ ...own(), signingKey: tester.pem, trustedSigners });
    await host!.app.get(RestoreService).verify({ destination: 'vault', id }, { identity: alice.file, restore: true });
    expect(host!.logs()).not.toContain('may not count');
    await start({ ...own(), trustedSigners });
    expect(await host!.app.get(StatusService, { strict: false }).lastRestoreTest()).toBeInstanceOf(Date);
  });
});
