/** A server that is started by a script of package.json, so its process has parents and a group of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { environment, PROGRAM_LIMIT } from '../host-process.mjs';

/** Starts it and waits until `url` is answered. @returns {Promise<{ stop(): Promise<void> }>} */
export async function startServer(command, cwd, env, url) {
  const child = spawn('bash', ['-c', command], {
    cwd,
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const ended = once(child, 'close');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
    });
  }
  const kill = (signal) => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It has ended.
    }
  };
  const killAtOnce = () => kill('SIGKILL');
  process.once('exit', killAtOnce);
  const stop = async () => {
    kill('SIGTERM');
    const deadline = setTimeout(killAtOnce, 10_000);
    await ended;
    clearTimeout(deadline);
    process.off('exit', killAtOnce);
  };
  const failed = ended.then(([code]) => {
    throw new Error(`the server ended with exit code ${code}:\n${output}`);
  });
  failed.catch(() => {});
  try {
    const limit = AbortSignal.timeout(PROGRAM_LIMIT);
    await Promise.race([untilAnswered(url, limit), failed]);
  } catch (error) {
    await stop();
    if (error.name !== 'TimeoutError') throw error;
    throw new Error(`nothing answered at ${url} within ${PROGRAM_LIMIT / 1_000} s:\n${output}`, { cause: error });
  }
  return { stop };
}

async function untilAnswered(url, limit) {
  for (;;) {
    try {
      const answer = await fetch(url, { signal: limit });
      await answer.arrayBuffer();
      return;
    } catch {
      limit.throwIfAborted();
      await pause(100);
    }
  }
}
