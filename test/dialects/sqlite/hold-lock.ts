import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Has another process hold the backup lock of a database file, of whatever path it stands behind.
 * @returns kills it
 */
export async function holdSqliteLock(file: string): Promise<() => Promise<void>> {
  const script = `
    const path = require('fs').realpathSync(process.argv[1]) + '.backup-lock';
    new (require('better-sqlite3'))(path, { timeout: 0 }).exec('BEGIN EXCLUSIVE');
    console.log('held');
    setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['-e', script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  return async () => {
    holder.kill('SIGKILL');
    await once(holder, 'exit');
  };
}
