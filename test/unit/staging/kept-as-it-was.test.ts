import { execFileSync } from 'node:child_process';
import { chownSync, lstatSync, mkdirSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { plant } from '../../fixtures/files.js';
import { unprivileged } from '../../fixtures/mounts.js';
import { stagingTargets } from './support/targets.js';
import { forget, MODIFIED, RESTORE_ID, stage } from './support/trees.js';

const { target, restoreOf, sealed } = stagingTargets();
const isRoot = process.geteuid?.() === 0;
const modeOf = (...names: string[]) => statSync(target.at(...names)).mode & 0o7777;

/** Why attributes cannot be set here; undefined when they can. */
function attributesProblem(): string | undefined {
  const path = `/tmp/nestjs-backup-attributes-${process.pid}`;
  writeFileSync(path, '');
  try {
    execFileSync('chattr', ['+i', path], { stdio: 'pipe' });
    execFileSync('chattr', ['-i', path], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return String(error);
  } finally {
    execFileSync('rm', ['-f', path]);
  }
}

describe('Directories coming back', () => {
  const tree = {
    private: { content: null, mode: 0o700 },
    'private/file': { content: 'x', mode: 0o640 },
    shared: { content: null, mode: 0o2770 },
    'shared/read-only': { content: null, mode: 0o500 },
    'shared/read-only/file': { content: 'x', mode: 0o400 },
    closed: { content: null, mode: 0o500 },
    'closed/file': { content: 'x', mode: 0o400 },
    'private/late': { content: 'x', mode: 0o600 },
  };
  const expectTree = () => {
    for (const [name, { mode }] of Object.entries(tree)) expect([name, modeOf(name)]).toEqual([name, mode]);
    for (const name of ['private', 'shared', 'shared/read-only', 'closed'])
      expect(statSync(target.at(name)).mtimeMs).toBe(MODIFIED.getTime());
  };

  it('have their modes and times, filled ones and those that an archive comes back to', async () => {
    const staged = await sealed(tree);
    await staged.swap();
    await staged.discardOld(forget);
    expectTree();
  });

  it('have them where a user without privileges restores, too', async () => {
    if (isRoot) chownSync(target.path, 65_534, process.getegid!());
    await unprivileged(async () => {
      const staged = await sealed(tree);
      await staged.swap();
      await staged.discardOld(forget);
    });
    expectTree();
  });

  it('are nobody else’s while they are filled', async () => {
    const staged = restoreOf();
    await staged.prepare();
    await stage(staged, 'one', { open: { content: null, mode: 0o755 }, 'open/file': { content: 'x', mode: 0o644 } });
    expect(modeOf('.nestjs-backup', RESTORE_ID, 'new', 'open')).toBe(0o700);
    await staged.abandon();
  });

  it('belong to the owner of the data directory where root restores', async () => {
    if (!isRoot) return;
    chownSync(target.path, 1234, 4321);
    const staged = await sealed(tree);
    await staged.swap();
    await staged.discardOld(forget);
    for (const name of Object.keys(tree)) expect(lstatSync(target.at(name))).toMatchObject({ uid: 1234, gid: 4321 });
    expectTree();
  });
});

describe('What no backup saves', () => {
  it('stays at its path, at the top and in folders that are replaced', async () => {
    plant(target.path, { 'photos/a.txt': 'old', 'gone/b.txt': 'old' });
    for (const path of ['2024', 'photos/2023', 'gone/2022']) symlinkSync('/nas/archive', target.at(path));
    execFileSync('mkfifo', [target.at('pipe')]);
    const staged = await sealed({ 'photos/a.txt': { content: 'new', mode: 0o644 } });
    await staged.swap();
    await staged.discardOld(forget);
    for (const path of ['2024', 'photos/2023', 'gone/2022']) expect(readlinkSync(target.at(path))).toBe('/nas/archive');
    expect(lstatSync(target.at('pipe')).isFIFO()).toBe(true);
    expect(staged.kept.count).toBe(0);
  });
});

const problem = isRoot ? attributesProblem() : 'only root sets attributes';
if (problem !== undefined) console.warn(`Tests of attributes are skipped: ${problem}`);
(problem === undefined ? describe : describe.skip)('What its attributes keep from being moved', () => {
  it.each([
    ['i', 'file.txt'],
    ['a', 'file.txt'],
    ['i', 'folder'],
    ['a', 'folder'],
  ])('refuses a restore before it commits (+%s on %s)', async (attribute, name) => {
    writeFileSync(target.at('file.txt'), 'x');
    mkdirSync(target.at('folder'));
    execFileSync('chattr', [`+${attribute}`, target.at(name)]);
    try {
      const staged = restoreOf();
      await staged.prepare();
      await staged.addFile('one', 'x', Buffer.from('x'), { mode: 0o644, modified: MODIFIED });
      await expect(staged.seal()).rejects.toMatchObject({
        code: 'RESTORE_REFUSED',
        message: expect.stringContaining(`"${name}"`),
      });
      await staged.abandon();
    } finally {
      execFileSync('chattr', [`-${attribute}`, target.at(name)]);
    }
  });
});
