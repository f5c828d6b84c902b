import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

export interface Child {
  /** What it writes first, once it has. @throws when it ends before */
  spoke(): Promise<string>;
  /** Resolves once it is gone. */
  kill(): Promise<void>;
}

/** A user that owns nothing. */
export const NOBODY = 65_534;

/**
 * Runs a program of this folder, in TypeScript as it stands, and tells it something on its standard input.
 * @param user whom it runs as; by default this process's
 */
export function startChild(program: string, told: unknown, user?: number): Child {
  const folder = join(process.cwd(), 'test/dialects');
  const loader = join(folder, 'support/typescript-loader.mjs');
  const child: ChildProcess = spawn(process.execPath, ['--import', loader, join(folder, program)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(user !== undefined && { uid: user, gid: user }),
  });
  const gone = once(child, 'exit');
  child.stdin!.end(JSON.stringify(told));
  return {
    spoke: async () => {
      const failed = gone.then(() => Promise.reject(new Error('The child failed.')));
      const [written] = await Promise.race([once(child.stdout as Readable, 'data'), failed]);
      return String(written).trim();
    },
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
