import { existsSync, readFileSync, renameSync, unlinkSync, utimesSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pendingRestores } from '../../../../lib/files/local/journal.js';
import { finishPending } from '../../../../lib/files/local/pending-restores.js';
import { StagedDirectories } from '../../../../lib/files/local/staged-directories.js';
import { plant, temporaryDirectory } from '../../../fixtures/files.js';
import { picture } from '../../../fixtures/picture.js';
import { RESTORE_ID } from './support/restore-program.js';
import { forget, newTree, pictureOver, plantOld, stage } from './support/trees.js';

const target = temporaryDirectory();
const expected = temporaryDirectory();
const one = () => ({ name: 'one', path: target.path });
const kept = `kept-by-restore-${RESTORE_ID}`;
const text = (...names: string[]) => readFileSync(target.at(...names), 'utf8');

/** Seals, lets the application do something, then kills and recovers. */
async function meanwhile(step: () => void, swapped = false) {
  plantOld(target.path);
  const staged = new StagedDirectories(RESTORE_ID, [one()], true);
  await staged.prepare();
  await stage(staged, 'one', newTree());
  await staged.seal();
  await sleep(30); // A filesystem's clock may tick a hundred times a second only.
  if (swapped) await staged.swap();
  step();
  const [pending] = await pendingRestores([one()]);
  return finishPending(pending!, true, forget);
}

describe('What the application does between the sealing and the end of a restore', () => {
  it('stays at the top when it is a new name', async () => {
    await meanwhile(() => plant(target.path, { upload: 'mine', 'uploads/deep': 'mine' }));
    expect([text('upload'), text('uploads/deep'), text('both.txt')]).toEqual(['mine', 'mine', 'new']);
    expect(existsSync(target.at('only-old.txt'))).toBe(false);
  });

  it('is kept aside when a new file has its name, and reported', async () => {
    const report = await meanwhile(() => plant(target.path, { 'only-new.txt': 'mine', 'Zürich ☃.txt/deep': 'mine' }));
    expect(text('only-new.txt')).toBe('n'.repeat(3000));
    expect([text(kept, 'only-new.txt'), text(kept, 'Zürich ☃.txt/deep')]).toEqual(['mine', 'mine']);
    expect(report.paths.toSorted()).toEqual([
      target.at(kept, 'Zürich ☃.txt'),
      target.at(kept, 'link-before'),
      target.at(kept, 'only-new.txt'),
    ]);
  });

  it('comes back when it is written into an old folder, at its path or aside', async () => {
    const report = await meanwhile(() =>
      plant(target.path, {
        'folder/upload': 'mine',
        'folder/2024/05/upload': 'mine',
        'folder/both.txt': 'changed',
        'only-old.txt': 'changed',
        'folder-before/upload': 'mine, whose folder is a file now',
      }),
    );
    expect([text('folder/upload'), text('folder/2024/05/upload'), text('only-old.txt')]).toEqual([
      'mine',
      'mine',
      'changed',
    ]);
    expect([text('folder/both.txt'), text(kept, 'both.txt')]).toEqual(['new in folder', 'changed']);
    expect(text(kept, 'upload')).toBe('mine, whose folder is a file now');
    expect(report.paths).toHaveLength(3); // The link, too, in whose place a file stands now.
    expect(existsSync(target.at('folder/old'))).toBe(false);
  });

  it('may be removing old entries', async () => {
    await meanwhile(() => unlinkSync(target.at('only-old.txt')));
    expect(picture(target.path)).toBe(pictureOver(newTree(), expected.path, target.path));
  });

  it('may be changing new entries that are in place already', async () => {
    await meanwhile(() => {
      plant(target.path, { 'both.txt': 'mine' });
      renameSync(target.at('only-new.txt'), target.at('renamed'));
    }, true);
    expect([text('both.txt'), existsSync(target.at('only-new.txt')), existsSync(target.at('renamed'))]).toEqual([
      'mine',
      false,
      true,
    ]);
  });

  it('does not count when only modes, owners or future times of old files are changed, as containers do at a start', async () => {
    await meanwhile(() => {
      const later = new Date(Date.now() + 86_400_000);
      utimesSync(target.at('folder/old/z.txt'), later, later);
      const past = new Date(0);
      utimesSync(target.at('only-old.txt'), past, past);
    });
    expect(picture(target.path)).toBe(pictureOver(newTree(), expected.path, target.path));
  });

  it('is not taken for the old entry when a move of old entries goes on', async () => {
    const report = await meanwhile(() => {
      const old = target.at('.nestjs-backup', RESTORE_ID, 'old');
      for (const name of ['only-old.txt', 'both.txt', 'folder']) renameSync(target.at(name), `${old}/${name}`);
      plant(target.path, { 'only-old.txt': 'mine', 'both.txt': 'mine', 'folder/upload': 'mine' });
    });
    expect([text('only-old.txt'), text('both.txt'), text(kept, 'both.txt'), text('folder/upload')]).toEqual([
      'mine',
      'new',
      'mine',
      'mine',
    ]);
    expect(report.paths.toSorted()).toEqual([target.at(kept, 'both.txt'), target.at(kept, 'link-before')]);
  });
});
