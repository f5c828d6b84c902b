import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { clearLeftovers } from '../../../../lib/files/local/clear-leftovers.js';
import { pendingRestores } from '../../../../lib/files/local/journal.js';
import { finishPending } from '../../../../lib/files/local/pending-restores.js';
import { unprivileged } from '../../../fixtures/mounts.js';
import { picture } from '../../../fixtures/picture.js';
import { RESTORE_ID } from './support/restore-program.js';
import { stagingTargets } from './support/targets.js';
import { forget, newTree, pictureOver, plantOld, stage } from './support/trees.js';

const { target, second, outside, one, both, restoreOf, sealed } = stagingTargets();

describe('What a killed restore has left', () => {
  it('is found by its journal, and refuses another restore until it is finished', async () => {
    plantOld(target.path);
    await sealed();
    expect(await pendingRestores(both())).toEqual([{ id: RESTORE_ID, directories: [one()] }]);
    await expect(restoreOf().prepare()).rejects.toMatchObject({ code: 'RESTORE_REFUSED' });
    for (const pending of await pendingRestores(both())) await finishPending(pending, true, forget);
    expect(await pendingRestores(both())).toEqual([]);
    expect(picture(target.path)).toBe(pictureOver(newTree(), outside.path, target.path));
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
