import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryDirectory } from '../../../fixtures/files.js';
import { picture } from '../../../fixtures/picture.js';
import { compileInto } from './support/compiled.js';
import { directoriesOf, isCommitted, recover } from './support/restore-program.js';
import { newTree, pictureOver, plantOld } from './support/trees.js';

const ROUNDS = process.env.TEST_LONG ? 50 : 4;
/** How many there are of either kind, and how often; many are written, and flushed, by threads. */
const RUNS = [
  { files: 20, rounds: ROUNDS },
  { files: 600, rounds: Math.ceil(ROUNDS / 2) },
];

interface Flushed {
  readonly checks: number;
  readonly missing: string[];
  readonly byThreads: number;
}
const directory = temporaryDirectory();
const compiled = mkdtempSync(join(tmpdir(), 'nestjs-backup-compiled-'));
const child = compileInto(compiled)('restore.child');
afterAll(() => rmSync(compiled, { recursive: true }));

let seed = Number(process.env.TEST_SEED ?? 20_240_611);
function random(): number {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return seed / 2_147_483_648;
}

/** Starts a child, kills it the given time after it has begun, and returns how long it ran. */
async function runFor(milliseconds: number, base: string, what: string, files: number): Promise<number> {
  const running = spawn(process.execPath, [child, base, what, String(files)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => running.once('close', () => resolve()));
  await firstOutput(running);
  const begun = performance.now();
  await Promise.race([ended, sleep(milliseconds, undefined, { ref: false })]);
  running.kill('SIGKILL');
  await ended;
  return performance.now() - begun;
}

function firstOutput(running: ChildProcess): Promise<void> {
  return new Promise((resolve) => running.stdout?.once('data', () => resolve()));
}

function expectedFolder(): string {
  mkdirSync(directory.at('expected'));
  return directory.at('expected');
}

function plantBoth(base: string, files: number): void {
  for (const { path } of directoriesOf(base)) {
    mkdirSync(path, { recursive: true });
    plantOld(path, files);
  }
}

describe('A restore of files that may meet a power cut', () => {
  it('has flushed to the disk whatever a step counts on, before it takes the step', () => {
    const base = directory.at('flushed');
    const child = compileInto(compiled)('flushed.child');
    mkdirSync(base);
    chmodSync(base, 0o777);
    for (const path of [directory.path, compiled]) chmodSync(path, 0o755);
    // Root could read every file once more; others flush what they may not read when it is written.
    const user = process.geteuid?.() === 0 ? { uid: 65_534 } : {};
    const output = execFileSync(process.execPath, [child, base], { encoding: 'utf8', ...user });
    const { checks, missing, byThreads } = JSON.parse(output) as Flushed;
    expect(missing).toEqual([]);
    expect(checks).toBeGreaterThan(20);
    expect(byThreads).toBeGreaterThan(200);
  });
});

describe('A restore of files by a user without privileges', () => {
  it('refuses another user’s folder before the decision, since it could not be moved after it', async () => {
    if (process.geteuid?.() !== 0) return;
    const base = directory.at('shared');
    plantBoth(base, 40);
    for (const path of [directory.path, compiled, base]) chmodSync(path, 0o755);
    for (const { path } of directoriesOf(base)) chmodSync(path, 0o777);
    const before = picture(join(base, 'one'));
    const running = spawn(process.execPath, [child, base, 'do not commit'], {
      uid: 65_534,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let message = '';
    for await (const chunk of running.stderr) message += String(chunk);
    expect(message).toMatch(/belongs to another user/);
    expect(isCommitted(base)).toBe(false);
    await recover(base);
    expect(picture(join(base, 'one'))).toBe(before);
  });
});

describe.each(RUNS)(
  'A restore of twice $files files and more that is killed at a random moment',
  ({ files, rounds }) => {
    it.each([['commit'], ['do not commit']])(
      `leaves exactly the old or the new tree after a recovery that is killed as well (${rounds} times: %s)`,
      async (what) => {
        plantBoth(directory.at('measured'), files);
        const fresh = pictureOver(newTree(files), expectedFolder(), directory.at('measured', 'one'));
        const old = picture(directory.at('measured', 'one'));
        const whole = await runFor(60_000, directory.at('measured'), what, files);
        const seen = new Set<boolean>();
        for (let round = 0; round < rounds; round++) {
          const base = directory.at(`round-${round}`);
          plantBoth(base, files);
          await runFor(random() * whole, base, what, files);
          await runFor((random() * whole) / 4, base, 'recover', files);
          await recover(base);
          seen.add(isCommitted(base));
          const expected = isCommitted(base) ? fresh : old;
          for (const { path } of directoriesOf(base)) expect(picture(path)).toBe(expected);
        }
        if (what === 'commit' && process.env.TEST_LONG) expect(seen.size).toBe(2);
      },
      rounds * 120_000,
    );
  },
);
