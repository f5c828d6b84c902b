import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackupService, localDirectory, RewrapService } from 'nestjs-backup';
import { ScheduledRuns } from '../../lib/store/scheduled-runs.js';
import { type KeyPair, keyPair } from '../fixtures/age.js';
import { ageReaders, openedByEach, openWithEach } from '../fixtures/age-readers.js';
import { readBackup } from '../fixtures/backup.js';
import { engine } from '../fixtures/databases.js';
import { secret } from '../fixtures/secrets.js';
import { StoringHost } from '../fixtures/storing-host.js';

const readers = ageReaders();

describe(`An archive to an X25519 recipient, before ${readers.join(', ')}`, () => {
  let vault: string;
  let alice: KeyPair;
  let bob: KeyPair;
  let host: StoringHost;
  beforeAll(async () => {
    [alice, bob] = [await keyPair(), await keyPair('hybrid')];
    vault = await mkdtemp(join(tmpdir(), 'nestjs-backup-age-'));
    const options = { recipients: [alice.recipient], retentionKey: secret('what only the application knows') };
    host = await StoringHost.start(engine('better-sqlite3'), { vault: localDirectory(vault) }, options);
    await host.addBulk();
  });
  afterAll(async () => {
    await host.close();
    await rm(vault, { recursive: true });
  });

  const stored = async (work: Promise<unknown>): Promise<Buffer> => {
    await work;
    const [newest] = (await readdir(vault))
      .filter((name) => name.endsWith('.zip.age'))
      .sort()
      .reverse();
    return readFile(join(vault, newest!));
  };
  const store = () => host.store.store({ destinations: ['vault'] });

  it.each<[string, () => Promise<Buffer>]>([
    [
      'made as a stream',
      async () => {
        const { stream } = await host.app.get(BackupService).create();
        return Buffer.concat(await stream.toArray());
      },
    ],
    ['that is stored', () => stored(store())],
    [
      'of a schedule',
      () => {
        const runs = host.app.get(ScheduledRuns, { strict: false });
        const run = { schedule: 'nightly', scheduledAt: new Date().toISOString() };
        return stored(runs.storeOnce(run, { destinations: ['vault'], signal: new AbortController().signal }));
      },
    ],
    [
      'that was for others before',
      async () => {
        await host.store.store({ destinations: ['vault'], recipients: [bob.recipient] });
        return stored(
          host.app.get(RewrapService).rewrap({ destination: 'vault', id: 'latest' }, { identity: bob.file }),
        );
      },
    ],
  ])('%s is the same archive for each of them, and for nobody else', async (_which, make) => {
    const archive = await make();
    const plain = await openedByEach(archive, alice);
    expect((await readBackup(plain)).of('note')).toHaveLength(3);
    const refused = [...(await openWithEach(archive, await keyPair()))];
    expect(refused).toEqual(readers.map((name) => [name, expect.any(String)]));
  });

  it('does not open with a byte changed, whoever reads it', async () => {
    const archive = await stored(store());
    archive[archive.length >> 1]! ^= 1;
    const refused = [...(await openWithEach(archive, alice))];
    expect(refused).toEqual(readers.map((name) => [name, expect.any(String)]));
  });
});
