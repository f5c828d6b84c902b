import { fork } from 'node:child_process';
import { once } from 'node:events';
import { postgres } from '../data/databases.mjs';
import { HostProcess } from '../host-process.mjs';
import { alone, median } from '../race.mjs';

const IDLE_MS = 4000;

/** What the host's own clients notice of a backup and a restore. */
export async function servingRows({ sizes, folder, urls, aesKey, node, log }) {
  const server = postgres(urls.postgres);
  log('The host meanwhile: PostgreSQL');
  const database = await server.create(sizes.rows);
  const archive = `${folder}/serving.zip.crypt`;
  try {
    return await HostProcess.with({ node, database }, async (host) => {
      const idle = [];
      const found = { backup: [], restore: [] };
      for (let round = 0; round < sizes.rounds; round++) {
        idle.push(await underLoad(host, () => host.run('nothing', { milliseconds: IDLE_MS })));
        found.backup.push(await underLoad(host, () => host.run('backup', { output: archive, aesKey })));
        found.restore.push(await underLoad(host, () => host.run('restore', { archive, aesKey })));
      }
      const unloaded = {
        backup: await host.run('backup', { output: archive, aesKey }),
        restore: await host.run('restore', { archive, aesKey }),
      };
      const idleRate = median(idle.map(({ rate }) => rate));
      return ['backup', 'restore'].flatMap((work) => {
        const { p99, longest } = unloaded[work];
        const share = median(found[work].map(({ rate }) => rate)) / idleRate;
        const delay = `${p99.toFixed(1)} ms (longest ${longest.toFixed(0)} ms)`;
        return [
          alone(`event-loop delay during a ${work}, p99`, delay, '< 12 ms', { met: p99 < 12, value: p99 }),
          alone(`requests per second during a ${work}, of idle`, percent(share), '≥ 60 %', {
            met: share >= 0.6,
            value: share,
            moreIsBetter: true,
          }),
        ];
      });
    });
  } finally {
    await server.drop(database);
  }
}

const percent = (share) => `${(share * 100).toFixed(0)} %`;

async function underLoad(host, work) {
  const load = fork(new URL('../load.mjs', import.meta.url), [String(host.port)]);
  try {
    await once(load, 'message');
    const measured = await work();
    load.send('stop');
    const [rate] = await once(load, 'message');
    return { ...measured, rate };
  } finally {
    load.kill();
  }
}
