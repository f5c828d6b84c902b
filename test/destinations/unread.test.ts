import { execFileSync } from 'node:child_process';
import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { localDirectory, RestoreService, type StoredBackup } from 'nestjs-backup';
import { StatusService } from '../../lib/status/status.service.js';
import { sealedSince } from '../../lib/store/authenticate.js';
import { manifestName, restoreTestName } from '../../lib/store/stored-names.js';
import { engine } from '../fixtures/databases.js';
import { temporaryDirectory } from '../fixtures/files.js';
import { StoringHost } from '../fixtures/storing-host.js';
import { retentionKey, sharedVault } from './shared-vault.js';

describe('What a destination does not give out for a while', () => {
  const shared = sharedVault();
  const { start, store, put, ids } = shared;
  const prune = () => shared.host.store.prune('vault');
  const recordTest = (id: string) =>
    shared.host.app.get(RestoreService).verify({ destination: 'vault', id }, { restore: true });
  const reasonsFor = async (id: string) =>
    (await prune()).decisions.find(({ backup }) => backup.id === id)!.reasons.join('; ');

  it('leaves the newest tested backup where it is, although its restore test was not read', async () => {
    await start({ retentionKey, retention: { last: 1 } });
    const [older, tested, newest] = [await store(), await store(), await store()];
    await recordTest(older!);
    await recordTest(tested!);
    shared.vault.faults.open = new RegExp(`${tested}.*restore-test-`);
    expect(await reasonsFor(tested!)).toMatch(/could not be read this time/);
    expect(await ids()).toEqual([newest, tested, older]);

    delete shared.vault.faults.open;
    expect((await prune()).deleted).toEqual([older]);
    expect(await ids()).toEqual([newest, tested]);
  });

  it('counts for nothing and gives up nothing, when it is a summary', async () => {
    await start({ retentionKey, retention: { last: 1 } });
    const [first, second, third] = [await store(), await store(), await store()];
    shared.vault.faults.open = new RegExp(`${third}.*\\.json$`);
    expect((await prune()).deleted).toEqual([first]);
    expect((await ids()).toSorted()).toEqual([second, third].toSorted());
    const restoring = shared.host.app
      .get(RestoreService)
      .restore({ destination: 'vault', id: third }, { dryRun: true });
    await expect(restoring).rejects.toMatchObject({
      code: 'DESTINATION_FAILED',
      message: expect.stringMatching(
        /^The destination failed: \S+ in "vault": its manifest could not be read \(the destination does not answer\)\./i,
      ),
    });
  });

  it('is no reason to say that there is no backup', async () => {
    await start({ retentionKey });
    await store();
    shared.vault.faults.open = /\.json$/;
    for (const id of ['latest', 'job-7']) {
      const restoring = shared.host.app.get(RestoreService).restore({ destination: 'vault', id }, { dryRun: true });
      await expect(restoring).rejects.toMatchObject({ code: 'DESTINATION_FAILED' });
    }
  });

  it('may have been sealed, so that nothing older is taken for this application’s own', () => {
    const [early, late] = [new Date('2026-01-01'), new Date('2026-06-01')];
    const backup = { origin: 'unsealed', isUnread: false, createdAt: early } as Parameters<typeof sealedSince>[0][0];
    const sealed = { ...backup, origin: 'own', createdAt: late } as const;
    expect(sealedSince([backup, sealed])).toEqual(late);
    expect(sealedSince([{ ...backup, isUnread: true }, sealed])).toEqual(early);
  });

  it('is not deleted by who watches it: the last restore test and the newest good one stand', async () => {
    await start({ retentionKey });
    const tested = await store();
    await recordTest(tested);
    const status = shared.host.app.get(StatusService, { strict: false });
    const [before] = await status.places();
    expect(before!.testedAt).toBeInstanceOf(Date);
    shared.vault.faults.open = /json$/;
    await store();
    expect(await status.places()).toEqual([before]);
  });

  it('is not what lies there and is no restore test', async () => {
    await start({ retentionKey });
    const id = await store();
    const [archive] = [...shared.vault.objects.keys()].filter((name) => !name.endsWith('.json'));
    put(restoreTestName(archive!, new Date()), Buffer.from('no JSON'));
    expect(await shared.host.store.list('vault')).toMatchObject([{ id, testedAt: null, isUnread: false }]);
  });
});

describe('An archive that was moved away and left as a link', () => {
  const [directory, elsewhere] = [temporaryDirectory(), temporaryDirectory()];

  it('is not missing, and nothing of it is given up', async () => {
    const options = { retentionKey, retention: { last: 1 } };
    const host = await StoringHost.start(engine('better-sqlite3'), { vault: localDirectory(directory.path) }, options);
    try {
      const [{ id }] = [
        await host.store.store({ destinations: ['vault'] }),
        await host.store.store({ destinations: ['vault'] }),
      ];
      const { archive } = (await host.store.list('vault')).find((one) => one.id === id)!;
      renameSync(directory.at(archive), elsewhere.at(archive));
      symlinkSync(elsewhere.at(archive), directory.at(archive));
      expect((await host.store.prune('vault')).deleted).toEqual([]);
      const moved = { id, result: 'failed', problem: expect.stringContaining('symbolic link') };
      expect((await host.store.list('vault'))[1]).toMatchObject(moved);

      rmSync(directory.at(archive));
      renameSync(elsewhere.at(archive), directory.at(archive));
      expect((await host.store.list('vault'))[1]).toMatchObject({ id, result: 'success' });
    } finally {
      await host.close();
    }
  });
});

describe('What is no file beside a backup', () => {
  const directory = temporaryDirectory();

  it.each(['manifest', 'restore-test'] as const)('is not opened as its %s, and holds nobody up', async (part) => {
    const options = { retentionKey, retention: { last: 1 } };
    const host = await StoringHost.start(engine('better-sqlite3'), { vault: localDirectory(directory.path) }, options);
    try {
      await host.store.store({ destinations: ['vault'] });
      const [{ archive }] = (await host.store.list('vault')) as [StoredBackup];
      const path = directory.at(part === 'restore-test' ? restoreTestName(archive, new Date()) : manifestName(archive));
      rmSync(path, { force: true });
      execFileSync('mkfifo', [path]);
      const listed = await host.store.list('vault');
      expect(listed).toMatchObject([{ result: part === 'restore-test' ? 'success' : 'failed', isUnread: true }]);
      // Threads that wait for a pipe's other end are lost to the process.
      const found = await Promise.all(Array.from({ length: 8 }, () => readFile(directory.at(archive))));
      expect(found).toHaveLength(8);
      expect((await host.store.prune('vault')).deleted).toEqual([]);
      await expect(localDirectory(directory.path).open(basename(path))).rejects.toThrow('is not a file');
    } finally {
      await host.close();
    }
  });
});
