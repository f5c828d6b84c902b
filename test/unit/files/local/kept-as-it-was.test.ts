import { execFileSync } from 'node:child_process';
import {
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { clearLeftovers } from '../../../../lib/files/local/clear-leftovers.js';
import { pendingRestores } from '../../../../lib/files/local/journal.js';
import { finishPending } from '../../../../lib/files/local/pending-restores.js';
import { StagedDirectories } from '../../../../lib/files/local/staged-directories.js';
import { plant } from '../../../fixtures/files.js';
import { attributesProblem } from '../../../fixtures/machine.js';
import { unprivileged } from '../../../fixtures/mounts.js';
import { describeUnless } from '../../../fixtures/unless.js';
import { stagingTargets } from './support/targets.js';
import { forget, MODIFIED, RESTORE_ID, stage, type Tree } from './support/trees.js';

const { target, one, restoreOf, sealed } = stagingTargets();
const isRoot = process.geteuid?.() === 0;
/** So many that a thread writes whatever follows. */
const numbered = (count: number): Tree =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`number-${index}`, { content: 'x', mode: 0o600 }]));
const modeOf = (...names: string[]) => statSync(target.at(...names)).mode & 0o7777;

describe.each([
  ['few', 0],
  ['many', 100],
])('Directories coming back after %s other files', (_, others) => {
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
  const all = { ...numbered(others), ...tree };
  const expectTree = () => {
    for (const [name, { mode }] of Object.entries(tree)) expect([name, modeOf(name)]).toEqual([name, mode]);
    for (const name of ['private', 'shared', 'shared/read-only', 'closed']) {
      expect(statSync(target.at(name)).mtimeMs).toBe(MODIFIED.getTime());
    }
  };

  it('have their modes and times, filled ones and those that an archive comes back to', async () => {
    const staged = await sealed(all);
    await staged.swap();
    await staged.discardOld(forget);
    expectTree();
  });

  it('have them where a user without privileges restores, too', async () => {
    if (isRoot) chownSync(target.path, 65_534, process.getegid!());
    await unprivileged(async () => {
      const staged = await sealed(all);
      await staged.swap();
      await staged.discardOld(forget);
    });
    expectTree();
  });

  it('are nobody else’s while they are filled', async () => {
    const staged = restoreOf();
    await staged.prepare();
    await stage(staged, 'one', {
      ...numbered(others),
      open: { content: null, mode: 0o755 },
      'open/file': { content: 'x', mode: 0o644 },
    });
    expect(modeOf('.nestjs-backup', RESTORE_ID, 'new', 'open')).toBe(0o700);
    await staged.abandon();
  });

  it('belong to the owner of the data directory where root restores', async () => {
    if (!isRoot) return;
    chownSync(target.path, 1234, 4321);
    const staged = await sealed(all);
    await staged.swap();
    await staged.discardOld(forget);
    for (const name of Object.keys(all)) expect(lstatSync(target.at(name))).toMatchObject({ uid: 1234, gid: 4321 });
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
describeUnless(problem, 'What its attributes keep from being moved', () => {
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

  describe('below the top', () => {
    const attributes = (change: string, ...names: string[]) =>
      execFileSync('chattr', [change, ...names.map((name) => target.at(name))]);
    const left = () => execFileSync('find', [target.path, '-name', 'kept.txt']).toString().trim();

    /** Everything is replaced but `photos/a/kept.txt`, which cannot be removed. */
    async function replaced() {
      plant(target.path, { 'photos/a/kept.txt': 'old', 'photos/b/old.txt': 'old', 'photos/z/old.txt': 'old' });
      symlinkSync('/nas', target.at('photos/z/link'));
      attributes('+i', 'photos/a/kept.txt');
      const staged = await sealed({ 'new.txt': { content: 'new', mode: 0o644 } });
      await staged.swap();
      return staged;
    }

    it('does not keep what else is there from going back, nor the restore from ending', async () => {
      const staged = await replaced();
      let isForgotten = false;
      try {
        const ended = staged.discardOld(async () => void (isForgotten = true));
        await expect(ended).rejects.toMatchObject({ message: expect.stringContaining('photos/a/kept.txt') });
        expect(isForgotten).toBe(true);
        expect(readlinkSync(target.at('photos/z/link'))).toBe('/nas');
        expect(await pendingRestores([one()])).toEqual([]);
      } finally {
        execFileSync('chattr', ['-i', left()]);
      }
    });

    it('is no reason to refuse the next restore, and is removed when it can be', async () => {
      await (await replaced()).discardOld(forget).catch(() => {});
      try {
        const problems: string[] = [];
        await clearLeftovers([one()], undefined, ({ message }) => problems.push(message));
        expect(problems).toEqual([expect.stringContaining('photos/a/kept.txt')]);
        const next = new StagedDirectories('22222222-2222-4222-8222-222222222222', [one()], true);
        await next.prepare();
        await next.seal();
        await next.swap();
        await next.discardOld(forget);
      } finally {
        execFileSync('chattr', ['-i', left()]);
      }
      await clearLeftovers([one()]);
      expect(readdirSync(target.path)).toEqual(['photos']);
    });

    it('lets a recovery end that takes a killed restore over', async () => {
      await replaced();
      const problems: string[] = [];
      try {
        const [pending] = await pendingRestores([one()]);
        await finishPending(pending!, true, forget, ({ message }) => problems.push(message));
        expect(problems).toEqual([expect.stringContaining('photos/a/kept.txt')]);
        expect(await pendingRestores([one()])).toEqual([]);
      } finally {
        execFileSync('chattr', ['-i', left()]);
      }
    });

    it('stays with its journal, where a link in it cannot go back, and does not stop a recovery', async () => {
      plant(target.path, { 'photos/kept.txt': 'old' });
      symlinkSync('/nas', target.at('photos/link'));
      mkdirSync(target.at('photos/closed'));
      symlinkSync('/nas', target.at('photos/closed/link'));
      attributes('+i', 'photos/closed');
      const staged = await sealed({ 'new.txt': { content: 'new', mode: 0o644 } });
      await staged.swap();
      const [pending] = await pendingRestores([one()]);
      const problems: string[] = [];
      const never = () => Promise.reject(new Error('It must not be forgotten yet.'));
      try {
        await finishPending(pending!, true, never, ({ message }) => problems.push(message));
        expect(problems).toEqual([expect.stringContaining('photos/closed')]);
        expect(await pendingRestores([one()])).toEqual([pending]);
      } finally {
        const old = execFileSync('find', [target.at('.nestjs-backup'), '-name', 'closed'])
          .toString()
          .trim();
        execFileSync('chattr', ['-i', old]);
      }
      await finishPending(pending!, true, forget);
      expect(readlinkSync(target.at('photos/closed/link'))).toBe('/nas');
    });
  });
});
