import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, readFileSync, statSync } from 'node:fs';
import { pendingRestores } from '../../../../lib/files/local/journal.js';
import { finishPending } from '../../../../lib/files/local/pending-restores.js';
import { StagedDirectories } from '../../../../lib/files/local/staged-directories.js';
import { unsavedPaths } from '../../../../lib/files/restore-target.js';
import { plant, temporaryDirectory } from '../../../fixtures/files.js';
import { NOBODY } from '../../../fixtures/mounts.js';
import { describeUnless } from '../../../fixtures/unless.js';
import { compileInto } from './support/compiled.js';
import { stagingTargets } from './support/targets.js';
import { forget, RESTORE_ID, stage, type Tree } from './support/trees.js';

const { target, one } = stagingTargets();
const text = (...names: string[]) => readFileSync(target.at(...names), 'utf8');
const file = (content: string) => ({ content, mode: 0o644 });

/** A restore of a backup that has skipped something. */
async function sealed(skipped: readonly string[], tree: Tree) {
  const unsaved = unsavedPaths(skipped.map((path) => ({ path })));
  const staged = new StagedDirectories(RESTORE_ID, [one()], true, undefined, unsaved);
  await staged.prepare();
  await stage(staged, 'one', tree);
  await staged.seal();
  return staged;
}

/** Ends it, and says what was kept aside. */
const ends = {
  'the same process': async (staged: StagedDirectories) => {
    await staged.swap();
    await staged.discardOld(forget);
    return staged.kept.paths;
  },
  'the next start': async () => (await finishPending((await pendingRestores([one()]))[0]!, true, forget)).paths,
};

describe.each(Object.entries(ends))('What a backup has skipped, and %s restores over', (_, end) => {
  it('stays as it is, a file or a whole folder, at the top and inside of what is replaced', async () => {
    plant(target.path, {
      'secret.txt': 'mine',
      'photos/secret.txt': 'mine',
      'photos/old.txt': 'old',
      'closed/x/y.txt': 'mine',
      'photos/closed/z.txt': 'mine',
      'photos/closed/empty': null,
    });
    for (const folder of ['closed', 'photos/closed']) chmodSync(target.at(folder), 0o2710);
    const skipped = ['secret.txt', 'photos/secret.txt', 'closed', 'photos/closed', 'gone/elsewhere'];
    const staged = await sealed(
      skipped.map((path) => `one/${path}`),
      { 'photos/new.txt': file('new') },
    );
    expect(await end(staged)).toEqual([]);
    for (const path of ['secret.txt', 'photos/secret.txt', 'closed/x/y.txt', 'photos/closed/z.txt']) {
      expect([path, text(path)]).toEqual([path, 'mine']);
    }
    for (const folder of ['closed', 'photos/closed']) expect(statSync(target.at(folder)).mode & 0o7777).toBe(0o2710);
    expect(existsSync(target.at('photos/closed/empty'))).toBe(true);
    expect(existsSync(target.at('photos/old.txt'))).toBe(false);
    expect(text('photos/new.txt')).toBe('new');
    expect(existsSync(target.at('.nestjs-backup'))).toBe(false);
  });

  it.each(['one', 'one/mixed'])('is joined by what the archive holds of %s', async (skipped) => {
    plant(target.path, { 'mixed/a.txt': 'old', 'mixed/b.txt': 'mine', 'mixed/sub/c.txt': 'mine', 'mixed/empty': null });
    const staged = await sealed([skipped], { 'mixed/a.txt': file('new'), 'mixed/n.txt': file('new') });
    expect(await end(staged)).toEqual([]);
    for (const name of ['a', 'n']) expect(text(`mixed/${name}.txt`)).toBe('new');
    for (const name of ['b', 'sub/c']) expect(text(`mixed/${name}.txt`)).toBe('mine');
    expect(existsSync(target.at('mixed/empty'))).toBe(true);
  });

  it('is kept aside where something else has its place', async () => {
    plant(target.path, { 'was-a-file/x.txt': 'mine' });
    const staged = await sealed(['one/was-a-file'], { 'was-a-file': file('new') });
    const [kept, ...others] = await end(staged);
    expect(others).toEqual([]);
    expect(readFileSync(kept!, 'utf8')).toBe('mine');
    expect(text('was-a-file')).toBe('new');
  });

  it('is nothing that its name cannot be', async () => {
    plant(target.path, { 'a.txt': 'old' });
    const staged = await sealed(['one/../one/a.txt', 'one/', `one/${'x'.repeat(300)}`, 'two/a.txt', '/', ''], {
      'b.txt': file('new'),
    });
    await end(staged);
    expect(existsSync(target.at('a.txt'))).toBe(false);
  });
});

const problem = process.geteuid?.() === 0 ? undefined : 'only root acts as two users';
describeUnless(problem, 'What a backup has skipped, of a user without privileges', () => {
  const compiled = temporaryDirectory();

  /** Restores over it, and says how that ended. */
  function restore(skipped: string): string {
    for (const path of ['', 'photos']) chownSync(target.at(path), NOBODY, NOBODY);
    chmodSync(compiled.path, 0o755);
    const command = [compileInto(compiled.path)('unsaved.child'), target.path, skipped];
    return execFileSync(process.execPath, command, { uid: NOBODY, gid: NOBODY, encoding: 'utf8' });
  }

  beforeEach(() => plant(target.path, { 'photos/closed/x.txt': 'mine', 'photos/old.txt': 'old' }));

  it('comes back with the mode that forbids its owner to move it', () => {
    chownSync(target.at('photos/closed'), NOBODY, NOBODY);
    chmodSync(target.at('photos/closed'), 0o100);
    expect(restore('photos/closed')).toBe('done');
    expect(text('photos/closed/x.txt')).toBe('mine');
    expect(statSync(target.at('photos/closed'))).toMatchObject({ mode: 0o40100, uid: NOBODY });
    expect(existsSync(target.at('photos/old.txt'))).toBe(false);
  });

  it('refuses the restore when it is somebody else’s folder, which could not be put back', () => {
    chmodSync(target.at('photos/closed'), 0o700);
    expect(restore('photos/closed')).toMatch(/^RESTORE_REFUSED: .*"photos\/closed".* belongs to another user/);
    expect(text('photos/closed/x.txt')).toBe('mine');
    expect(text('photos/old.txt')).toBe('old');
  });

  it('stays where it is at the top, although it is somebody else’s', () => {
    chmodSync(target.at('photos/closed'), 0o700);
    expect(restore('photos')).toBe('done');
    expect(text('photos/old.txt')).toBe('old');
    expect(text('new.txt')).toBe('new');
  });
});
