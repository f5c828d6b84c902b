import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { occupied } from '../../../lib/archive/staging/occupied.js';
import { clearLeftovers, finishPending, pendingRestores } from '../../../lib/archive/staging/pending-restores.js';
import { StagedDirectories } from '../../../lib/archive/staging/staged-directories.js';
import { plant, temporaryDirectory } from '../../fixtures/files.js';
import { unprivileged } from '../../fixtures/mounts.js';
import { picture } from '../../fixtures/picture.js';
import { RESTORE_ID } from './support/restore-program.js';
import { forget, MODIFIED, newTree, pictureOf, plantOld, stage } from './support/trees.js';

const target = temporaryDirectory();
const second = temporaryDirectory();
const outside = temporaryDirectory();
const attributes = { mode: 0o644, modified: MODIFIED };
const one = () => ({ name: 'one', path: target.path });
const both = () => [one(), { name: 'two', path: second.path }];
const restoreOf = (replace = true) => new StagedDirectories(RESTORE_ID, [one()], replace);

async function sealed(tree = newTree()): Promise<StagedDirectories> {
  const staged = restoreOf();
  await staged.prepare();
  await stage(staged, 'one', tree);
  await staged.seal();
  return staged;
}

describe('Data directories coming back in', () => {
  it('hold exactly the new tree: content, modes, times, empty directories, and nothing of ours', async () => {
    plantOld(target.path);
    const staged = await sealed();
    await staged.swap();
    await staged.discardOld(forget);
    expect(picture(target.path)).toBe(pictureOf(newTree(), outside.path));
    if (process.geteuid?.() === 0) execFileSync('diff', ['-r', target.path, outside.path]); // It reads every file.
    expect(statSync(target.at('empty')).mtimeMs).toBe(MODIFIED.getTime());
    expect(staged.kept.count).toBe(0);
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

  it('keep their old entries until the end, links among them as links', async () => {
    plantOld(target.path);
    const staged = await sealed();
    await staged.swap();
    const old = target.at('.nestjs-backup', RESTORE_ID, 'old');
    expect(lstatSync(`${old}/link-before`).isSymbolicLink()).toBe(true);
    expect(readFileSync(`${old}/read-only/inside/x.txt`, 'utf8')).toBe('x');
    await staged.discardOld(forget);
    expect(existsSync('/etc/passwd')).toBe(true);
  });

  it('lose the set-user-id, set-group-id and sticky bits of what an archive says', async () => {
    const staged = await sealed({
      's.sh': { content: 'x', mode: 0o7755 },
      folder: { content: null, mode: 0o7500 },
      'no-rights': { content: 'x', mode: 0 },
    });
    await staged.swap();
    await staged.discardOld(forget);
    expect(statSync(target.at('s.sh')).mode & 0o7777).toBe(0o755);
    expect(statSync(target.at('folder')).mode & 0o7777).toBe(0o700);
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
    const tree = { ...newTree(), bare: { content: null, mode: 0o700 }, hidden: { content: 'x', mode: 0o200 } };
    expect(picture(target.path)).toBe(pictureOf(tree, outside.path));
  });

  it.each([
    '',
    '.',
    '..',
    '../x',
    'a/../../x',
    '/etc/x',
    'a//b',
    'a/',
    'a\\b',
    'a\0b',
    '\ud800',
    '.nestjs-backup/journal.json',
    '.nestjs-backup',
  ])('refuse the name %j, and nothing is written outside', async (name) => {
    const staged = restoreOf();
    await staged.prepare();
    const refused = { code: 'ARCHIVE_INVALID' };
    await expect(staged.check('one', name)).rejects.toMatchObject(refused);
    await expect(staged.addFile('one', name, Buffer.from('x'), attributes)).rejects.toMatchObject(refused);
    await expect(staged.addDirectory('one', name, attributes)).rejects.toMatchObject(refused);
    await staged.abandon();
    expect(picture(target.path)).toBe('');
  });

  it('refuse what stands in the archive twice, and a name that is too long', async () => {
    const staged = restoreOf();
    await staged.prepare();
    await staged.addFile('one', 'a/b', Buffer.from('x'), attributes);
    const twice = { code: 'ARCHIVE_INVALID', message: expect.stringContaining('"one/a/b" stands in it twice') };
    await expect(staged.addFile('one', 'a/b', Buffer.from('y'), attributes)).rejects.toMatchObject(twice);
    await expect(staged.addFile('one', 'a/b/c', Buffer.from('y'), attributes)).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
    });
    await expect(staged.addFile('one', 'a', Buffer.from('y'), attributes)).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
    });
    const long = { code: 'RESTORE_REFUSED', message: expect.stringContaining('too long') };
    await expect(staged.check('one', `a/${'é'.repeat(128)}`)).rejects.toMatchObject(long);
    await expect(staged.check('one', 'abcdefgh/'.repeat(460))).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    await expect(staged.check('one', `${'abcdefgh/'.repeat(450)}x`)).rejects.toMatchObject(long);
    await staged.check('one', `a/${'é'.repeat(127)}`);
    await staged.abandon();
  });

  it('pass on what the content says, in the second directory, and leave both as they were', async () => {
    plantOld(target.path);
    plantOld(second.path);
    const before = [picture(target.path), picture(second.path)];
    const staged = new StagedDirectories(RESTORE_ID, both(), true);
    await staged.prepare();
    await stage(staged, 'one', newTree());
    const broken = (async function* () {
      yield Buffer.from('half');
      throw new Error('checksum');
    })();
    const failed = { code: 'RESTORE_FAILED', message: expect.stringContaining('"two/x/y"') };
    await expect(staged.addFile('two', 'x/y', broken, attributes)).rejects.toMatchObject(failed);
    await staged.abandon();
    expect([picture(target.path), picture(second.path)]).toEqual(before);
  });

  it.each(['a link', 'a file'])('refuse %s planted under the name of the staging folder', async (kind) => {
    if (kind === 'a link') symlinkSync(outside.path, target.at('.nestjs-backup'));
    else writeFileSync(target.at('.nestjs-backup'), 'x');
    const refused = { message: expect.stringContaining(target.at('.nestjs-backup')) };
    await expect(restoreOf().prepare()).rejects.toMatchObject(refused);
    await expect(pendingRestores([one()])).rejects.toMatchObject(refused);
    expect(picture(outside.path)).toBe('');
  });

  it('leave the first as it was when the second cannot be written to', async () => {
    plantOld(target.path);
    const before = picture(target.path);
    chmodSync(target.path, 0o777);
    chmodSync(second.path, 0o555);
    await unprivileged(() =>
      expect(new StagedDirectories(RESTORE_ID, both(), true).prepare()).rejects.toMatchObject({
        code: 'RESTORE_REFUSED',
        message: expect.stringMatching(/"two" cannot be written to \(EACCES\)/),
      }),
    );
    expect(picture(target.path)).toBe(before);
    expect(picture(second.path)).toBe('');
  });

  it('leave lost+found to the volume', async () => {
    plant(target.path, { 'lost+found/lost': 'x' });
    expect(await occupied(target.path)).toEqual([]);
    const staged = restoreOf(false);
    await staged.prepare();
    await staged.addDirectory('one', 'lost+found', attributes);
    await expect(staged.addFile('one', 'lost+found/x', Buffer.from(''), attributes)).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
    });
    await staged.addFile('one', 'x', Buffer.from(''), attributes);
    await staged.seal();
    await staged.swap();
    await staged.discardOld(forget);
    expect(await occupied(target.path)).toEqual(['x']);
    expect(readFileSync(target.at('lost+found/lost'), 'utf8')).toBe('x');
  });

  it('are refused when they are not empty at sealing and nothing may be replaced', async () => {
    const staged = restoreOf(false);
    await staged.prepare();
    plant(target.path, { appeared: 'x' });
    await expect(staged.seal()).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringContaining('appeared'),
    });
    await staged.abandon();
    expect(await occupied(target.path)).toEqual(['appeared']);
  });
});

describe('What a killed restore has left', () => {
  it('is found by its journal, and refuses another restore until it is finished', async () => {
    plantOld(target.path);
    await sealed();
    expect(await pendingRestores(both())).toEqual([{ id: RESTORE_ID, directories: [one()] }]);
    await expect(restoreOf().prepare()).rejects.toMatchObject({ code: 'RESTORE_REFUSED' });
    for (const pending of await pendingRestores(both())) await finishPending(pending, true, forget);
    expect(await pendingRestores(both())).toEqual([]);
    expect(picture(target.path)).toBe(pictureOf(newTree(), outside.path));
  });

  it('cannot be looked for in a directory that may not be read, which is named', async () => {
    chmodSync(second.path, 0o000);
    chmodSync(target.path, 0o755);
    await unprivileged(() =>
      expect(pendingRestores(both())).rejects.toMatchObject({
        code: 'DIRECTORY_UNREADABLE',
        message: expect.stringContaining('"two"'),
      }),
    );
  });

  it('is removed by the next restore when it has no journal', async () => {
    const staged = restoreOf();
    await staged.prepare();
    await stage(staged, 'one', newTree());
    writeFileSync(target.at('.nestjs-backup', 'journal.json.tmp'), '{');
    expect(await pendingRestores([one()])).toEqual([]);
    await clearLeftovers([one()]);
    expect(picture(target.path)).toBe('');
  });

  it.each(['{"version":2,"id":"x"}', '{', 'null', '{"version":1,"id":"../../x"}', ''])(
    'is an error that names the journal when that is %j',
    async (text) => {
      await sealed();
      const path = target.at('.nestjs-backup', 'journal.json');
      writeFileSync(path, text);
      const named = { code: 'RESTORE_FAILED', message: expect.stringContaining(path) };
      await expect(pendingRestores([one()])).rejects.toMatchObject(named);
      await expect(restoreOf().prepare()).rejects.toMatchObject(named);
      await expect(clearLeftovers([one()])).rejects.toMatchObject(named);
    },
  );

  it('is not thrown away when it holds the old files but the journal is gone', async () => {
    plantOld(target.path);
    const staged = await sealed();
    await staged.swap();
    rmSync(target.at('.nestjs-backup', 'journal.json'));
    await expect(clearLeftovers([one()])).rejects.toMatchObject({
      message: expect.stringContaining('lost its journal'),
    });
    expect(existsSync(target.at('.nestjs-backup', RESTORE_ID, 'old', 'only-old.txt'))).toBe(true);
  });

  it('is not rolled back once the swap has begun, whatever a database says', async () => {
    plantOld(target.path);
    const staged = await sealed();
    await staged.swap();
    await expect(staged.abandon()).rejects.toThrow('cannot be abandoned');
    const [pending] = await pendingRestores([one()]);
    await expect(finishPending(pending!, false, forget)).rejects.toMatchObject({ code: 'RESTORE_FAILED' });
    expect(existsSync(target.at('.nestjs-backup', RESTORE_ID, 'old', 'only-old.txt'))).toBe(true);
  });

  it('is not swapped in when what was staged is gone', async () => {
    plantOld(target.path);
    const before = picture(target.path);
    await sealed();
    rmSync(target.at('.nestjs-backup', RESTORE_ID, 'new'), { recursive: true });
    const [pending] = await pendingRestores([one()]);
    await expect(finishPending(pending!, true, forget)).rejects.toMatchObject({ code: 'RESTORE_FAILED' });
    rmSync(target.at('.nestjs-backup'), { recursive: true });
    expect(picture(target.path)).toBe(before);
  });
});
