import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type BackupManifest, BackupService } from 'nestjs-backup';
import { DatabaseService } from '../../../lib/database/database.service.js';
import { type OpenedArchive, openArchive } from '../../../lib/restore/read/open-archive.js';
import { compareFiles } from '../../../lib/restore/restore-test/compare-files.js';
import { compareRows } from '../../../lib/restore/restore-test/compare-rows.js';
import { describeSomeEngines, engine } from '../../fixtures/databases.js';
import { plant } from '../../fixtures/files.js';
import { StoringHost } from '../../fixtures/storing-host.js';

const { signal } = new AbortController();

describeSomeEngines('what came back is compared', 1, (engine) => {
  let host: StoringHost;
  let manifest: BackupManifest;
  beforeEach(async () => {
    host = await StoringHost.start(engine, {});
    const backup = await host.app.get(BackupService).create();
    await buffer(backup.stream);
    manifest = await backup.manifest;
  });
  afterEach(() => host.close());

  const compare = () => compareRows(host.app.get(DatabaseService, { strict: false }), manifest, signal);

  it('and equal when nothing changed', async () => {
    await compare();
  });

  it.each([
    [
      'a value',
      `UPDATE note SET text = 'Two' WHERE text = 'two'`,
      /rows of table "note" did not come back as they were/,
    ],
    ['a row less', `DELETE FROM note WHERE text = 'two'`, /table "note" came back with 2 rows instead of 3/],
    ['a row more', `INSERT INTO note (text) VALUES ('four')`, /table "note" came back with 4 rows instead of 3/],
  ])('and different with %s', async (_, sql, message) => {
    await host.query(sql);
    await expect(compare()).rejects.toMatchObject({
      code: 'RESTORE_TEST_FAILED',
      message: expect.stringMatching(message),
    });
  });

  it('and different with a counter that went on', async () => {
    await host.query(`INSERT INTO note (text) VALUES ('four')`);
    await host.query(`DELETE FROM note WHERE text = 'four'`);
    await expect(compare()).rejects.toMatchObject({ message: expect.stringMatching(/the counter ".*" came back as/) });
  });
});

describe('files that came back are compared', () => {
  let host: StoringHost;
  let archive: OpenedArchive;
  beforeEach(async () => {
    host = await StoringHost.start(engine('better-sqlite3'), {});
    plant(host.files, { 'deep/ä.txt': 'umlaut', empty: null });
    archive = await openArchive(Readable.from([await buffer((await host.app.get(BackupService).create()).stream)]));
  });
  afterEach(async () => {
    await archive.close();
    await host.close();
  });

  const compare = () => compareFiles(archive, [{ name: 'files', path: host.files }], signal);

  it('and equal when nothing changed', async () => {
    await compare();
  });

  it.each<[string, (files: string) => void, RegExp]>([
    ['a byte', (files) => plant(files, { 'a.txt': 'b' }), /the file "files\/a.txt" did not come back as it was/],
    ['a length', (files) => plant(files, { 'deep/ä.txt': 'umlauts' }), /"files\/deep\/ä.txt" did not/],
    ['one more', (files) => plant(files, { 'b.txt': 'b' }), /"files" came back with 3 files instead of 2/],
    ['one less', (files) => rmSync(join(files, 'a.txt')), /"files\/a.txt" did not/],
    ['no empty directory', (files) => rmSync(join(files, 'empty'), { recursive: true }), /"files\/empty" did not/],
  ])('and different with %s', async (_, change, message) => {
    change(host.files);
    await expect(compare()).rejects.toMatchObject({
      code: 'RESTORE_TEST_FAILED',
      message: expect.stringMatching(message),
    });
  });
});
