import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { quickDirectory } from '../../../fixtures/mounts.js';
import { picture } from '../../../fixtures/picture.js';
import { itUnless } from '../../../fixtures/unless.js';
import { until } from '../../../fixtures/wait.js';
import { compileInto } from './support/compiled.js';
import { directoriesOf } from './support/restore-program.js';
import { newTree, pictureOver, plantOld } from './support/trees.js';

const ROUNDS = process.env.TEST_LONG ? 200 : 12;
const FILES = 60;
const STOP_AT_RENAME = new URL('support/stop-at-rename.mjs', import.meta.url).href;
const STOP_AT_LAST_FOLDER = new URL('support/stop-at-last-folder.mjs', import.meta.url).href;
const directory = quickDirectory();
const compiled = mkdtempSync(join(tmpdir(), 'nestjs-backup-compiled-'));
const child = compileInto(compiled)('stopped.child');
afterAll(() => rmSync(compiled, { recursive: true }));

type Running = ChildProcessByStdio<null, Readable, null>;

function start(base: string, what: string, ...preloaded: string[]): Running {
  const command = [...preloaded.flatMap((one) => ['--import', one]), child, base, what, String(FILES)];
  return spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Until a process has stopped itself. */
async function untilStopped({ pid }: Running): Promise<void> {
  const isStopped = () => /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  await until('it has stopped', isStopped, 30_000);
}

/** How it ended, in its own words. */
async function answerOf(running: Running): Promise<{ code?: string; message?: string }> {
  const last = (await text(running.stdout)).trim().split('\n').at(-1)!;
  return last === 'done' ? {} : (JSON.parse(last) as { code?: string; message: string });
}

function plantBoth(base: string): void {
  for (const { path } of directoriesOf(base)) {
    mkdirSync(path, { recursive: true });
    plantOld(path, FILES);
  }
}

/** One that was cleared while it was staging never gets to the decision. */
function hasCommitted(base: string): boolean {
  try {
    return readlinkSync(join(base, 'decision')) === 'committed';
  } catch {
    return false;
  }
}

/** Stopped at a random moment of its life, or, since most of that is staging, of its swap. */
async function stopSomewhere(running: Running, base: string, whole: number, inSwap: boolean): Promise<void> {
  const top = directoriesOf(base)[0]!.path;
  const old = join(top, 'only-old.txt');
  if (inSwap) while (existsSync(old) && running.exitCode === null) await sleep(0);
  await sleep(Math.random() * whole * (inSwap ? 0.3 : 1));
  running.kill('SIGSTOP');
}

const problem = process.platform === 'linux' ? undefined : 'only Linux tells of a process that it has stopped';

describe('A restore of files that lives on when another process has recovered it', () => {
  it(
    `loses nothing, wherever it was stopped, and says how it ended (${ROUNDS} times)`,
    async () => {
      mkdirSync(directory.path + '/expected');
      plantBoth(`${directory.path}/measured`);
      const old = picture(`${directory.path}/measured/one`);
      const fresh = pictureOver(newTree(FILES), `${directory.path}/expected`, `${directory.path}/measured/one`);
      const begun = performance.now();
      expect(await answerOf(start(`${directory.path}/measured`, 'restore'))).toEqual({});
      const whole = performance.now() - begun;
      let takenOver = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const base = `${directory.path}/round-${round}`;
        plantBoth(base);
        const running = start(base, 'restore');
        const answer = answerOf(running);
        await stopSomewhere(running, base, whole, round % 3 > 0);
        const recovered = await answerOf(start(base, 'recover'));
        running.kill('SIGCONT');
        const { code, message } = await answer;
        // The other way round, too: what the one that went on has left is nobody's damage.
        expect(await answerOf(start(base, 'recover'))).toEqual({});
        const expected = hasCommitted(base) ? fresh : old;
        for (const { path } of directoriesOf(base)) expect(picture(path)).toBe(expected);
        expect(recovered).toEqual({});
        if (message === undefined) {
          expect(hasCommitted(base)).toBe(true);
        } else if (hasCommitted(base)) {
          expect({ code, message }).toEqual({
            code: 'RESTORE_UNFINISHED',
            message: expect.stringContaining('another one has taken the restore over'),
          });
          takenOver++;
        }
      }
      expect(takenOver).toBeGreaterThan(0);
    },
    ROUNDS * 120_000,
  );

  itUnless(problem)('takes no further step while the other one is still about it', async () => {
    const base = `${directory.path}/both`;
    mkdirSync(`${directory.path}/expected`);
    plantBoth(base);
    const fresh = pictureOver(newTree(FILES), `${directory.path}/expected`, `${base}/one`);
    const running = start(base, 'restore', STOP_AT_RENAME);
    const answer = answerOf(running);
    await untilStopped(running);
    const recovering = start(base, 'recover-and-stop');
    const recovered = answerOf(recovering);
    await untilStopped(recovering);
    running.kill('SIGCONT');
    expect(await answer).toEqual({
      code: 'RESTORE_UNFINISHED',
      message: expect.stringContaining('another one has taken the restore over'),
    });
    recovering.kill('SIGCONT');
    expect(await recovered).toEqual({});
    for (const { path } of directoriesOf(base)) expect(picture(path)).toBe(fresh);
  });

  itUnless(problem)('has ended when the other one has removed its last traces, too', async () => {
    const base = `${directory.path}/last`;
    plantBoth(base);
    const running = start(base, 'restore', STOP_AT_LAST_FOLDER);
    const answer = answerOf(running);
    await untilStopped(running);
    expect(await answerOf(start(base, 'recover'))).toEqual({});
    running.kill('SIGCONT');
    expect(await answer).toEqual({});
  });
});
