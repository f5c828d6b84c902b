import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** Debian's Python: the peers' modules are its packages, and another Python in the path does not see them. */
export const PYTHON = '/usr/bin/python3';

/**
 * Runs a line of bash.
 * @param variables its environment, so that nothing is quoted
 * @returns { seconds, cpu }: wall time, and user and system time of all its processes
 */
export async function timed(line, variables = {}) {
  const started = performance.now();
  const child = spawn('bash', ['-o', 'pipefail', '-c', `trap 'times >&3' EXIT\n${line}`], {
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  let [complaints, times] = ['', ''];
  child.stderr.on('data', (chunk) => (complaints = (complaints + chunk).slice(-2000)));
  child.stdio[3].on('data', (chunk) => (times += chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`"${line}" ended with ${code}: ${complaints}`);
  return { seconds: (performance.now() - started) / 1000, cpu: secondsOf(times) };
}

/** @param times what bash's `times` prints: four times such as 0m1.234s */
function secondsOf(times) {
  let seconds = 0;
  for (const [, minutes, rest] of times.matchAll(/(\d+)m([\d.,]+)s/g)) {
    seconds += Number(minutes) * 60 + Number(rest.replace(',', '.'));
  }
  return seconds;
}

const PACKAGES = {
  pg_dump: 'postgresql-client',
  pg_restore: 'postgresql-client',
  mariadb: 'mariadb-client',
  'mariadb-dump': 'mariadb-client',
  sqlite3: 'sqlite3',
  zip: 'zip',
  unzip: 'unzip',
  gzip: 'gzip',
};

/** Why a peer cannot run here, else undefined. @param needs commands, and `python:<module>` */
export function missing(needs) {
  for (const need of needs) {
    const [, module] = need.split(':');
    const probe = module ? [PYTHON, ['-c', `import ${module}`]] : ['which', [need]];
    if (spawnSync(...probe).status === 0) continue;
    const names = { django: 'python3-django', psycopg2: 'python3-psycopg2', zipstream: 'python3-zipstream-ng' };
    return `apt-get install ${module ? names[module] : PACKAGES[need]}`;
  }
  return undefined;
}
