/** Programs of a host, run as an operator would. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Milliseconds that one program may take. */
export const PROGRAM_LIMIT = 120_000;

/** Runs a program to its end; what it printed is in the error when it fails. */
export async function execute(command, args, cwd, { env = {}, limit = PROGRAM_LIMIT } = {}) {
  try {
    const options = { cwd, env: environment(env), timeout: limit, maxBuffer: 2 ** 26 };
    return (await run(command, args, options)).stdout;
  } catch (error) {
    const ending = error.killed ? `it took longer than ${limit / 1_000} s` : `exit code ${error.code}`;
    throw new Error(`${[command, ...args].join(' ')}: ${ending}\n${error.stdout}${error.stderr}`, { cause: error });
  }
}

/**
 * Starts a server, and resolves with the object that its first line of JSON says.
 * @returns {Promise<{ said: object, stop(): Promise<void> }>}
 */
export async function serve(program, cwd, env) {
  const child = spawn(process.execPath, [program], { cwd, env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  const kill = () => child.kill('SIGKILL');
  const timer = setTimeout(kill, PROGRAM_LIMIT);
  process.once('exit', kill);
  child.once('exit', () => {
    clearTimeout(timer);
    process.off('exit', kill);
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  let output = '';
  const said = new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => {
        output += chunk;
        const line = /^\{.*\}$/m.exec(output);
        if (line) resolve(JSON.parse(line[0]));
      });
    }
    ended.then(() => reject(new Error(`The host ended: ${output}`)), reject);
  });
  return { said: await said, stop };
}

/** What a program gets of this one's environment, and beside it. */
export function environment(env) {
  const { NODE_OPTIONS: _, BACKUP_AES_KEY: __, ...inherited } = process.env;
  return { ...inherited, NO_COLOR: '1', ...env };
}
