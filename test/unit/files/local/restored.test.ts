import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { existingEntries } from '../../../../lib/files/existing-entries.js';
import { plant } from '../../../fixtures/files.js';
import { unprivileged } from '../../../fixtures/mounts.js';
import { picture } from '../../../fixtures/picture.js';
import { RESTORE_ID } from './support/restore-program.js';
import { attributes, stagingTargets } from './support/targets.js';
import { forget, MODIFIED, newTree, pictureOver, plantOld } from './support/trees.js';

const { target, outside, restoreOf, sealed } = stagingTargets();

describe('Data directories coming back in', () => {
  it('hold exactly the new tree: content, modes, times, empty directories, and nothing of ours', async () => {
    plantOld(target.path);
    const staged = await sealed();
    await staged.swap();
    await staged.discardOld(forget);
    expect(picture(target.path)).toBe(pictureOver(newTree(), outside.path, target.path));
    if (process.geteuid?.() === 0) execFileSync('diff', ['-r', '--no-dereference', target.path, outside.path]);
    expect(statSync(target.at('empty')).mtimeMs).toBe(MODIFIED.getTime());
    expect(staged.kept.paths).toEqual([target.at(`kept-by-restore-${RESTORE_ID}`, 'link-before')]);
  });

  it('have their times to the microsecond', async () => {
    const staged = restoreOf();
    await staged.prepare();
    const asked = new Map<string, bigint>();
    for (let index = 0; index < 200; index++) {
      const microseconds = -300_000_000_000_000 + index * 12_345_678_901_237;
      const mtimeMs = microseconds / 1000;
      const times = { ...attributes, modified: new Date(mtimeMs), mtimeMs };
      asked.set(`folder-${index}`, BigInt(microseconds)).set(`folder-${index}/file`, BigInt(microseconds));
      await staged.addDirectory('one', `folder-${index}`, { ...times, mode: 0o755 });
      await staged.addFile('one', `folder-${index}/file`, Buffer.from('x'), times);
    }
    await staged.seal();
    await staged.swap();
    await staged.discardOld(forget);
    for (const [name, microseconds] of asked) {
      expect([name, statSync(target.at(name), { bigint: true }).mtimeNs / 1000n]).toEqual([name, microseconds]);
    }
  });

  it('are untouched until they are swapped, and after being abandoned, which may be said twice', async () => {
    plantOld(target.path);
    const before = picture(target.path);
    const staged = await sealed();
    expect(lstatSync(target.at('.nestjs-backup')).mode & 0o777).toBe(0o700);
    await staged.abandon();
    await staged.abandon();
    expect(picture(target.path)).toBe(before);
  });

  it('keep their old entries until the end', async () => {
    plantOld(target.path);
    const staged = await sealed();
    await staged.swap();
    const old = target.at('.nestjs-backup', RESTORE_ID, 'old');
    expect(lstatSync(`${old}/read-only`).isDirectory()).toBe(true);
    expect(readFileSync(`${old}/read-only/inside/x.txt`, 'utf8')).toBe('x');
    await staged.discardOld(forget);
    expect(existsSync('/etc/passwd')).toBe(true);
  });

  it('lose the set-user-id bit of what an archive says, and files the other two', async () => {
    const staged = await sealed({
      's.sh': { content: 'x', mode: 0o7755 },
      folder: { content: null, mode: 0o7500 },
      'no-rights': { content: 'x', mode: 0 },
    });
    await staged.swap();
    await staged.discardOld(forget);
    expect(statSync(target.at('s.sh')).mode & 0o7777).toBe(0o755);
    expect(statSync(target.at('folder')).mode & 0o7777).toBe(0o3500);
    expect(statSync(target.at('no-rights')).mode & 0o7777).toBe(0);
  });

  it('are replaced by a user without privileges too, read-only folders among the old and the new', async () => {
    for (const path of [target.path, outside.path]) chmodSync(path, 0o777);
    await unprivileged(async () => {
      plantOld(target.path);
      const staged = await sealed({
        ...newTree(),
        bare: { content: null, mode: 0o500 },
        hidden: { content: 'x', mode: 0o200 },
      });
      await staged.swap();
      await staged.discardOld(forget);
    });
    const tree = { ...newTree(), bare: { content: null, mode: 0o500 }, hidden: { content: 'x', mode: 0o200 } };
    expect(picture(target.path)).toBe(pictureOver(tree, outside.path, target.path));
  });

  it('leave lost+found to the volume', async () => {
    plant(target.path, { 'lost+found/lost': 'x' });
    expect(await existingEntries({ name: 'uploads', path: target.path })).toEqual([]);
    const staged = restoreOf(false);
    await staged.prepare();
    await staged.addFile('one', 'lost+found/of an earlier version', Buffer.from(''), attributes);
    await staged.addFile('one', 'x', Buffer.from(''), attributes);
    await staged.seal();
    await staged.swap();
    await staged.discardOld(forget);
    expect((await existingEntries({ name: 'uploads', path: target.path })).toSorted()).toEqual([
      'lost+found.restored',
      'x',
    ]);
    expect(readdirSync(target.at('lost+found.restored'))).toEqual(['of an earlier version']);
    expect(readFileSync(target.at('lost+found/lost'), 'utf8')).toBe('x');
  });

  it.each([-1250, -86_400_000, -14_182_940_500.001, -2_147_483_648_000, 0, 4_107_542_399_999.999])(
    'have the time that they had (%d ms since 1970)',
    async (mtimeMs) => {
      const times = { modified: new Date(mtimeMs), mtimeMs };
      const staged = restoreOf();
      await staged.prepare();
      await staged.addDirectory('one', 'folder', { mode: 0o755, ...times });
      await staged.addFile('one', 'folder/file', Buffer.from('x'), { mode: 0o644, ...times });
      await staged.seal();
      await staged.swap();
      await staged.discardOld(forget);
      for (const name of ['folder', 'folder/file']) {
        const { mtimeNs } = statSync(target.at(name), { bigint: true });
        expect([name, mtimeNs / 1000n]).toEqual([name, BigInt(Math.round(mtimeMs * 1000))]);
      }
    },
  );
});
