import { execFileSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory for each test, in memory where there is such a place: flushing costs nothing there. */
export function quickDirectory(): { path: string } {
  const directory = { path: '' };
  let parent = tmpdir();
  try {
    accessSync('/dev/shm', constants.W_OK);
    parent = '/dev/shm';
  } catch {
    // Only slower.
  }
  beforeEach(() => {
    directory.path = realpathSync(mkdtempSync(join(parent, 'nestjs-backup-')));
  });
  afterEach(() => rmSync(directory.path, { recursive: true, force: true }));
  return directory;
}

const mounted: string[] = [];

/** Mounts something for this test; what was mounted is unmounted after it. */
export function mount(at: string, ...options: string[]): void {
  mkdirSync(at, { recursive: true });
  execFileSync('mount', [...options, at], { stdio: 'pipe' });
  mounted.push(at);
}

export function unmountAll(): void {
  for (const at of mounted.splice(0).toReversed()) execFileSync('umount', [at], { stdio: 'pipe' });
}

/** Why the options of `mount` cannot be used here; undefined when they can. */
export function mountProblem(...options: string[]): string | undefined {
  const at = mkdtempSync(join(tmpdir(), 'nestjs-backup-mount-'));
  try {
    execFileSync('mount', [...options, at], { stdio: 'pipe' });
    execFileSync('umount', [at], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return String((error as { stderr?: Buffer }).stderr ?? error).trim();
  } finally {
    rmSync(at, { recursive: true, force: true });
  }
}

/** Runs as a user without privileges, when this process is root. */
export async function unprivileged<T>(run: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return run();
  process.seteuid?.(65_534);
  try {
    return await run();
  } finally {
    process.seteuid?.(0);
  }
}
