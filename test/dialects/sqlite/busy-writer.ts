import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** How long the file is locked each time, and how long it is free in between, in milliseconds. */
const LOCKED_MS = 60;
const FREE_MS = 4;

/**
 * Has another process lock a database file against everybody, again and again, with hardly a pause: what an application
 * looks like that writes all the time onto a slow disk.
 * @returns ends it
 */
export async function keepBusy(file: string): Promise<() => Promise<void>> {
  const script = `
    const database = new (require('better-sqlite3'))(process.argv[1], { timeout: 60_000 });
    const wait = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    for (let turn = 0; ; turn++) {
      database.exec('BEGIN EXCLUSIVE');
      if (turn === 0) require('fs').writeSync(1, 'busy');
      wait(${LOCKED_MS});
      database.exec('COMMIT');
      wait(${FREE_MS});
    }`;
  const writer = spawn(process.execPath, ['-e', script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(writer.stdout, 'data');
  return async () => {
    writer.kill('SIGKILL');
    await once(writer, 'exit');
  };
}
