import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { existingEntries } from '../../../../lib/files/existing-entries.js';
import { pendingRestores } from '../../../../lib/files/local/journal.js';
import { plant } from '../../../fixtures/files.js';
import { unprivileged } from '../../../fixtures/mounts.js';
import { picture } from '../../../fixtures/picture.js';
import { attributes, stagingTargets } from './support/targets.js';
import { newTree, plantOld, stage } from './support/trees.js';

const { target, second, outside, one, restoreOf, restoreOfBoth } = stagingTargets();

describe('Data directories coming back in', () => {
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
    const twice = { code: 'ARCHIVE_INVALID', message: expect.stringContaining('it contains "one/a/b" twice') };
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
    const staged = restoreOfBoth();
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
      expect(restoreOfBoth().prepare()).rejects.toMatchObject({
        code: 'RESTORE_REFUSED',
        message: expect.stringMatching(/"two" cannot be written to \(EACCES\)/),
      }),
    );
    expect(picture(target.path)).toBe(before);
    expect(picture(second.path)).toBe('');
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
    expect(await existingEntries({ name: 'uploads', path: target.path })).toEqual(['appeared']);
  });
});
