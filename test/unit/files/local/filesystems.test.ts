import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { pendingRestores } from '../../../../lib/files/local/journal.js';
import { finishPending } from '../../../../lib/files/local/pending-restores.js';
import { StagedDirectories } from '../../../../lib/files/local/staged-directories.js';
import { plant, temporaryDirectory } from '../../../fixtures/files.js';
import { mount, mountProblem, unmountAll } from '../../../fixtures/mounts.js';
import { picture } from '../../../fixtures/picture.js';
import { describeUnless } from '../../../fixtures/unless.js';
import { compileInto } from './support/compiled.js';
import { RESTORE_ID } from './support/restore-program.js';
import { forget, MODIFIED, newTree, pictureOver, plantOld, stage } from './support/trees.js';

const FOLDING = new URL('../../../fixtures/folding-fs.mjs', import.meta.url).href;
const problem = mountProblem('-t', 'tmpfs', 'tmpfs');

afterEach(unmountAll); // Before the directory is removed.
const directory = temporaryDirectory();
const attributes = { mode: 0o644, modified: MODIFIED };
const target = () => ({ name: 'one', path: directory.at('target') });
const restore = () => new StagedDirectories(RESTORE_ID, [target()], true);

describeUnless(problem, 'A data directory on', () => {
  it('a full disk stays as it was, before and after the decision', async () => {
    mount(target().path, '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs');
    plantOld(target().path);
    const before = picture(target().path);
    const staged = restore();
    await staged.prepare();
    const full = { code: 'RESTORE_FAILED', message: expect.stringContaining('ENOSPC') };
    const large = Buffer.alloc(2 * 1024 * 1024, 1);
    await expect(staged.addFile('one', 'large', large, attributes)).rejects.toMatchObject(full);
    await staged.abandon();
    expect(picture(target().path)).toBe(before);
  });

  it('a disk that is full after the decision is put in place all the same', async () => {
    mount(target().path, '-t', 'tmpfs', '-o', 'size=1m,nr_inodes=100', 'tmpfs');
    mkdirSync(directory.at('expected'));
    plantOld(target().path);
    const staged = restore();
    await staged.prepare();
    await stage(staged, 'one', newTree());
    await staged.seal();
    const fill = (name: string, bytes: number) => writeFileSync(`${target().path}/${name}`, Buffer.alloc(bytes));
    expect(() => fill('filling', 2 * 1024 * 1024)).toThrow('ENOSPC');
    expect(() => {
      for (let index = 0; index < 100; index++) fill(`inode-${index}`, 0);
    }).toThrow('ENOSPC');
    await staged.swap();
    await staged.discardOld(forget);
    execFileSync('sh', ['-c', 'rm -f filling inode-*'], { cwd: target().path });
    expect(picture(target().path)).toBe(pictureOver(newTree(), directory.at('expected'), target().path));
  });

  it('a read-only filesystem is refused', async () => {
    mount(target().path, '-t', 'tmpfs', '-o', 'ro', 'tmpfs');
    await expect(restore().prepare()).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringContaining('EROFS'),
    });
  });

  it.each(['mounted', 'deeper/mounted', 'with a space'])(
    'which something else is mounted is refused in time: %s',
    async (name) => {
      mkdirSync(target().path);
      plant(directory.path, { 'elsewhere/precious': 'x' });
      const inner = `${target().path}/${name}`;
      mount(inner, '--bind', directory.at('elsewhere'));
      const staged = restore();
      await staged.prepare();
      await staged.addFile('one', 'x', Buffer.from('x'), attributes);
      await expect(staged.seal()).rejects.toMatchObject({
        code: 'RESTORE_REFUSED',
        message: expect.stringContaining(inner),
      });
      await staged.abandon();
      expect(picture(target().path)).toContain('precious');
    },
  );

  it('a mount of its own is restored, even when the process works inside of it', async () => {
    mount(target().path, '-t', 'tmpfs', 'tmpfs');
    mkdirSync(directory.at('expected'));
    chmodSync(directory.at('expected'), 0o755);
    plantOld(target().path);
    const staged = restore();
    await staged.prepare();
    await stage(staged, 'one', newTree());
    await staged.seal();
    await staged.swap();
    await staged.discardOld(forget);
    expect(picture(target().path)).toBe(pictureOver(newTree(), directory.at('expected'), target().path));
  });
});

describe('A container’s own folder', () => {
  const overlay = () => {
    mount(directory.at('disk'), '-t', 'tmpfs', 'tmpfs');
    for (const name of ['lower', 'upper', 'work', 'expected']) mkdirSync(directory.at('disk', name));
    plantOld(directory.at('disk', 'lower'));
    const layers = ['lower', 'upper', 'work'].map((name) => `${name}dir=${directory.at('disk', name)}`).join(',');
    mount(target().path, '-t', 'overlay', '-o', `${layers},redirect_dir=off`, 'overlay');
  };

  it('below an overlay, whose folders cannot be renamed, is replaced file by file', async () => {
    try {
      if (problem !== undefined) throw new Error(problem);
      overlay();
    } catch (error) {
      console.warn(`Overlay test skipped: ${(error as Error).message}`);
      return;
    }
    const staged = restore();
    await staged.prepare();
    await stage(staged, 'one', newTree());
    await staged.seal();
    const [pending] = await pendingRestores([target()]);
    await finishPending(pending!, true, forget);
    expect(picture(target().path)).toBe(pictureOver(newTree(), directory.at('disk', 'expected'), target().path));
  });
});

describe('A filesystem that does not tell cases apart', () => {
  it('is found out, and names that clash are refused', async () => {
    const compiled = directory.at('compiled');
    const child = compileInto(compiled)('folding.child');
    mkdirSync(target().path);
    const output = execFileSync(process.execPath, ['--import', FOLDING, child, target().path], {
      encoding: 'utf8',
      env: { ...process.env, FOLDED_BELOW: target().path },
    });
    expect(JSON.parse(output)).toEqual({
      'Folder/x': 'added',
      'other/x': 'added',
      'Folder/y': 'added',
      'Folder/X': 'RESTORE_REFUSED',
      'folder/z': 'RESTORE_REFUSED',
      'OTHER/': 'RESTORE_REFUSED',
      'other/z': 'added',
      '.NESTJS-backup/x': 'RESTORE_REFUSED',
      'aux.txt': 'RESTORE_REFUSED',
      'a/b:c': 'RESTORE_REFUSED',
      'a/b;c': 'added',
    });
    expect(picture(target().path)).toBe('');
  });
});
