import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { clearLeftovers } from '../../../../lib/files/local/clear-leftovers.js';
import { pendingRestores } from '../../../../lib/files/local/journal.js';
import { finishPending } from '../../../../lib/files/local/pending-restores.js';
import { StagedDirectories } from '../../../../lib/files/local/staged-directories.js';
import { journalText } from '../../../../lib/files/restore-owner.js';
import { picture } from '../../../fixtures/picture.js';
import { stagingTargets } from './support/targets.js';
import { forget, newTree, pictureOver, plantOld, RESTORE_ID, stage } from './support/trees.js';

const { target, outside, one } = stagingTargets();
const mine = async () => 'aaaaaaaaaaaaaaaa';
const others = async () => 'bbbbbbbbbbbbbbbb';
const begin = async (identify: () => Promise<string>, id = RESTORE_ID) => {
  const staged = new StagedDirectories(id, [one()], true, identify);
  await staged.prepare();
  await stage(staged, 'one', newTree());
  return staged;
};

describe('A restore of one database, beside another database with the same data directory', () => {
  it('is found by its journal with its database, and not cleared by the other one', async () => {
    plantOld(target.path);
    const staged = await begin(mine);
    expect(await clearLeftovers([one()], others)).toEqual([one()]);
    await staged.seal();
    expect(await clearLeftovers([one()], others)).toEqual([one()]);
    expect(await pendingRestores([one()])).toEqual([{ id: RESTORE_ID, database: await mine(), directories: [one()] }]);
    await staged.swap();
    await staged.discardOld(forget);
    expect(picture(target.path)).toBe(pictureOver(newTree(), outside.path, target.path));
  });

  it('does not keep the other one from starting when it ends while that looks', async () => {
    plantOld(target.path);
    const staged = await begin(mine);
    await staged.seal();
    await staged.swap();
    const ends = async () => {
      await staged.discardOld(forget);
      return others();
    };
    expect(await clearLeftovers([one()], ends)).toEqual([one()]);
    expect(picture(target.path)).toBe(pictureOver(newTree(), outside.path, target.path));
  });

  it('keeps the other one from beginning, which names the directory and leaves everything as it was', async () => {
    const staged = await begin(mine);
    const before = picture(target.path);
    await expect(begin(others, '0a6ae6a4-2f1c-4a0e-9c3e-6f3f6a4c0002')).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining(`"${target.path}/.nestjs-backup"`),
    });
    expect(picture(target.path)).toBe(before);
    await staged.abandon();
    expect(picture(target.path)).toBe('');
  });

  it('is not sealed over the journal of another one, which stays', async () => {
    plantOld(target.path);
    const before = picture(target.path);
    const staged = await begin(mine);
    const theirs = journalText({ id: '0a6ae6a4-2f1c-4a0e-9c3e-6f3f6a4c0002', database: await others() });
    writeFileSync(target.at('.nestjs-backup/journal.json'), theirs);
    await expect(staged.seal()).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining(`"${target.path}/.nestjs-backup"`),
    });
    await staged.abandon();
    expect(readFileSync(target.at('.nestjs-backup/journal.json'), 'utf8')).toBe(theirs);
    rmSync(target.at('.nestjs-backup'), { recursive: true });
    expect(picture(target.path)).toBe(before);
  });

  it('is cleared by its own database when it was killed while staging', async () => {
    await begin(mine);
    expect(await clearLeftovers([one()], mine)).toEqual([]);
    expect(picture(target.path)).toBe('');
  });

  it('is not done when what it has sealed is gone', async () => {
    plantOld(target.path);
    const staged = await begin(mine);
    await staged.seal();
    rmSync(target.at('.nestjs-backup'), { recursive: true });
    await expect(staged.swap()).rejects.toMatchObject({ code: 'RESTORE_UNFINISHED' });
    expect(existsSync(target.at('only-old.txt'))).toBe(true);
  });

  it('is not finished by a recovery that finds its journal alone', async () => {
    plantOld(target.path);
    const staged = await begin(mine);
    await staged.seal();
    rmSync(target.at('.nestjs-backup', `${RESTORE_ID}.${await mine()}`), { recursive: true });
    const [pending] = await pendingRestores([one()]);
    await expect(finishPending(pending!, true, forget)).rejects.toMatchObject({ code: 'RESTORE_FAILED' });
    expect(existsSync(target.at('only-old.txt'))).toBe(true);
  });
});
