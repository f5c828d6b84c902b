import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

export interface Child {
  /** When it has written something. @throws when it ends before */
  spoke(): Promise<void>;
  /** Resolves once it is gone. */
  kill(): Promise<void>;
}

/** Runs a program of this folder, in TypeScript as it stands, and tells it something on its standard input. */
export function startChild(program: string, told: unknown): Child {
  const folder = join(process.cwd(), 'test/dialects');
  const loader = join(folder, 'support/typescript-loader.mjs');
  const child: ChildProcess = spawn(process.execPath, ['--import', loader, join(folder, program)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  child.stdin!.end(JSON.stringify(told));
  return {
    spoke: async () => {
      const failed = gone.then(() => Promise.reject(new Error('The child failed.')));
      await Promise.race([once(child.stdout as Readable, 'data'), failed]);
    },
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
