import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { archivedTime } from '../../../../../lib/archive/entry-times.js';
import { clearLeftovers } from '../../../../../lib/files/local/clear-leftovers.js';
import type { StagedDirectories } from '../../../../../lib/files/local/staged-directories.js';
import { picture } from '../../../../fixtures/picture.js';
import { stagingTargets } from '../support/targets.js';
import { forget, MODIFIED, plantOld, RESTORE_ID } from '../support/trees.js';

const SIZES = [0, 1, 3000, 16_384, 65_536, 300_000];
const MODES = [0o644, 0o600, 0o755, 0o400, 0o200, 0];
const MANY = 600;
const { target, outside, one, restoreOf: newRestore } = stagingTargets();
const started: StagedDirectories[] = [];

/** Its thread ends with the test, however that ends. */
function restoreOf(): StagedDirectories {
  const staged = newRestore();
  started.push(staged);
  return staged;
}

afterEach(async () => {
  for (const staged of started.splice(0)) await staged.abandon().catch(() => {});
});

const attributes = { mode: 0o644, modified: MODIFIED };

async function stageMany(staged: StagedDirectories, count = MANY): Promise<void> {
  for (let index = 0; index < count; index++) {
    await staged.addFile('one', `file-${index}`, Buffer.from(`${index}`), attributes);
  }
}

describe('Many small files coming back', () => {
  it('have their content, mode and time, also those from before 1970', async () => {
    const staged = restoreOf();
    await staged.prepare();
    const contents = SIZES.map((size) => randomBytes(size));
    const timeOf = (index: number) =>
      new Date(index % 3 === 0 ? -1_000_000_000_000 + index : 1_600_000_000_000 + index);
    for (let index = 0; index < MANY; index++) {
      const mode = MODES[index % MODES.length]!;
      const content = contents[(index * 5) % SIZES.length]!;
      await staged.addFile('one', `d${index % 7}/${index}`, content, { mode, modified: timeOf(index) });
    }
    await staged.seal();
    await staged.swap();
    await staged.discardOld(forget);
    for (let index = 0; index < MANY; index++) {
      const path = target.at(`d${index % 7}`, `${index}`);
      const { mode, mtimeMs } = statSync(path);
      // Newer versions of Node turn what they are given into nanoseconds, the last of which are noise.
      expect([path, mode & 0o7777, archivedTime(mtimeMs)]).toEqual([
        path,
        MODES[index % MODES.length],
        timeOf(index).getTime(),
      ]);
      if (process.geteuid?.() !== 0) continue;
      expect(readFileSync(path).equals(contents[(index * 5) % SIZES.length]!)).toBe(true);
    }
  });

  it('are refused with the name of the one that is there twice', async () => {
    const staged = restoreOf();
    await staged.prepare();
    const staging = async () => {
      await stageMany(staged);
      await staged.addFile('one', 'file-99', Buffer.from('again'), attributes);
      await staged.addFile('one', 'after', Buffer.from('it'), attributes);
      await staged.seal();
    };
    await expect(staging()).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringContaining('contains "one/file-99" twice'),
    });
    expect(existsSync(target.at('.nestjs-backup', RESTORE_ID, 'new', 'after'))).toBe(false);
    await staged.abandon();
    expect(readdirSync(target.path)).toEqual([]);
  });

  it('never follow a link that somebody has put in their place', async () => {
    const staged = restoreOf();
    await staged.prepare();
    await stageMany(staged, 100);
    symlinkSync(outside.at('elsewhere'), target.at('.nestjs-backup', RESTORE_ID, 'new', 'linked'));
    const staging = async () => {
      await staged.addFile('one', 'linked', Buffer.from('x'), attributes);
      await staged.seal();
    };
    await expect(staging()).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    expect(readdirSync(outside.path)).toEqual([]);
    await staged.abandon();
  });

  it('leave nothing when the restore is abandoned while they are written', async () => {
    plantOld(target.path);
    const before = picture(target.path);
    const staged = restoreOf();
    await staged.prepare();
    await stageMany(staged);
    await staged.abandon();
    expect(picture(target.path)).toBe(before);
  });

  it('are not sealed when another process has cleared their folder', async () => {
    const staged = restoreOf();
    await staged.prepare();
    await stageMany(staged);
    await clearLeftovers([one()]);
    await expect(staged.seal()).rejects.toMatchObject({ code: 'RESTORE_FAILED' });
    await staged.abandon();
    expect(readdirSync(target.path)).toEqual([]);
  });
});
