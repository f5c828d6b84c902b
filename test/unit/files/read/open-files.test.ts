import { rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Prepared } from '../../../../lib/files/read/add-data-directory.js';
import { lookAgainWhenEmpty } from '../../../../lib/files/read/open-files.js';
import type { FoundEntry } from '../../../../lib/files/read/walk-directory.js';
import { plant, temporaryDirectory } from '../../../fixtures/files.js';
import { until } from '../../../fixtures/wait.js';
import { archiveDirectory } from '../../../fixtures/zip.js';

const directory = temporaryDirectory();

describe('An empty file whose times are old', () => {
  // Where ext4 waits for its journal, a file that is being emptied is empty before its times say so.
  beforeEach(async () => {
    plant(directory.path, { empty: '', other: 'other' });
    await until('the empty file is old', () => Date.now() - statSync(directory.at('empty')).ctimeMs > 1200, 5_000);
  });

  it('is saved with what is written to it right after it was found', async () => {
    let writing: Promise<void> | undefined;
    const { report, contents } = await archiveDirectory(directory.path, () => {
      writing ??= sleep(200).then(() => writeFileSync(directory.at('empty'), 'written'));
    });
    await writing;
    expect(contents).toMatchObject({ 'uploads/empty': 'written', 'uploads/other': 'other' });
    expect(report).toMatchObject({ count: 2, skipped: [], warnings: [] });
  });

  it('is saved once, and empty, when it stays so', async () => {
    const { report, contents } = await archiveDirectory(directory.path);
    expect(contents).toMatchObject({ 'uploads/empty': '', 'uploads/other': 'other' });
    expect(report).toMatchObject({ count: 2, skipped: [], warnings: [] });
  });

  it('is saved empty when it is gone by then: it was there', async () => {
    plant(directory.path, { 'app.lock': '', other: 'other' });
    setTimeout(() => rmSync(directory.at('app.lock')), 300);
    const { report, contents } = await archiveDirectory(directory.path);
    expect(contents).toMatchObject({ 'uploads/app.lock': '', 'uploads/other': 'other' });
    expect(report).toMatchObject({ count: 3, skipped: [] });
  });

  it('is skipped by name when it is emptied anew between all looks', async () => {
    let now = 0;
    const found = { relative: 'empty', kind: 'file' } as FoundEntry;
    const opened = (): Prepared<FoundEntry> => ({
      found,
      file: { details: { mode: 0o644, mtimeMs: ++now, ctimeMs: now }, content: { bytes: Buffer.alloc(0) } },
    });
    const all: Array<Prepared<FoundEntry>> = [];
    const looking = lookAgainWhenEmpty(
      (async function* () {
        yield [opened()];
      })(),
      async () => opened(),
    );
    for await (const group of looking) all.push(...group);
    expect(all).toMatchObject([{ found, error: { reason: 'it was emptied every time it was read' } }]);
    expect(now).toBeGreaterThan(2);
  }, 30_000);
});
