import { mkdirSync, rmSync } from 'node:fs';
import { timed } from '../command.mjs';
import { makeLargeFile } from '../data/files.mjs';
import { HostProcess } from '../host-process.mjs';
import { alone, race } from '../race.mjs';
import { hostOfFiles } from './host-of-files.mjs';

const MOST_MB = 80;

/** A large file from disk to disk. */
export async function largeFileRows({ sizes, folder, aesKey, node, log }) {
  const output = `${folder}/ours.zip.crypt`;
  const memory = [];
  const lines = await withLargeFile(folder, sizes.fileMb, log, (large) =>
    HostProcess.with(hostOfFiles(node, large), (host) => {
      const ours = async () => {
        const run = await host.run('backup', { output, aesKey });
        memory.push(run.megabytes);
        return run;
      };
      return race(`a file of ${sizes.fileMb} MB, stored, encrypted`, sizes.rounds, ours, [
        {
          name: 'zip -0, not encrypted',
          needs: ['zip'],
          atMost: 0.7,
          run: () => timed('rm -f "$OUT" && cd "$IN" && zip -0 -q -r "$OUT" .', { IN: large, OUT: `${folder}/theirs` }),
        },
      ]);
    }),
  );
  const most = Math.max(...memory);
  const verdict = { met: most <= MOST_MB, value: most };
  return [
    ...lines,
    alone('memory over idle, backup of that file', `${most.toFixed(0)} MB`, `≤ ${MOST_MB} MB`, verdict),
  ];
}

/** A large file that the system has in memory as far as it can, to nowhere: what is left is the processors' work. */
export function sinkRows({ sizes, folder, aesKey, node, log }) {
  return withLargeFile(folder, sizes.sinkMb, log, (large) =>
    HostProcess.with(hostOfFiles(node, large), (host) =>
      race(
        `a file of ${sizes.sinkMb} MB, stored, encrypted, thrown away`,
        sizes.rounds,
        () => host.run('backup', { aesKey }),
        [
          {
            name: 'zip -0 > /dev/null, not encrypted',
            needs: ['zip'],
            atMost: 0.5,
            by: 'cpu',
            run: () => timed('cd "$IN" && zip -0 -q -r - . > /dev/null', { IN: large }),
          },
        ],
      ),
    ),
  );
}

async function withLargeFile(folder, megabytes, log, work) {
  const large = `${folder}/large`;
  log(`A file of ${megabytes} MB`);
  mkdirSync(large);
  await makeLargeFile(`${large}/film.mkv`, megabytes);
  return work(large).finally(() => rmSync(large, { recursive: true }));
}
