import { mkdirSync, rmSync } from 'node:fs';
import { PYTHON, timed } from '../command.mjs';
import { makeLargeFile, makeSmallFiles } from '../data/files.mjs';
import { HostProcess } from '../host-process.mjs';
import { alone, race } from '../race.mjs';

const SCRIPT = new URL('../peers/zip_files.py', import.meta.url).pathname;
const SMALL_BYTES = 3000;
const MOST_MB = 80;
const database = { type: 'better-sqlite3', database: ':memory:' };

/** Many small files, and one large one, both stored. */
export async function fileRows({ sizes, folder, aesKey, log }) {
  const [small, large, output] = [`${folder}/small`, `${folder}/large`, `${folder}/ours`];
  const at = { OUT: `${folder}/theirs.zip`, SCRIPT };
  const setup = (path) => ({ database, entities: false, dataDirs: { files: path }, compressionLevel: 0 });
  log(`Files: ${sizes.files} of ${SMALL_BYTES} bytes`);
  makeSmallFiles(small, sizes.files, SMALL_BYTES);
  const many = await HostProcess.with(setup(small), (host) =>
    race(
      `${sizes.files} files of 3 kB, stored`,
      sizes.rounds,
      async () => (await host.run('backup', { output })).seconds,
      [
        {
          name: 'zipstream-ng',
          needs: ['python:zipstream'],
          atMost: 0.5,
          run: () => timed(`${PYTHON} "$SCRIPT" "$IN" "$OUT"`, { ...at, IN: small }),
        },
      ],
    ),
  );
  rmSync(small, { recursive: true });
  log(`Files: one of ${sizes.fileMb} MB`);
  mkdirSync(large);
  await makeLargeFile(`${large}/film.mkv`, sizes.fileMb);
  const memory = [];
  const backUp = async (host) => {
    const { seconds, megabytes } = await host.run('backup', { output, aesKey });
    memory.push(megabytes);
    return seconds;
  };
  const one = await HostProcess.with(setup(large), (host) =>
    race(`a file of ${sizes.fileMb} MB, stored, encrypted`, sizes.rounds, () => backUp(host), [
      {
        name: 'zip -0, not encrypted',
        needs: ['zip'],
        atMost: 0.7,
        run: () => timed('rm -f "$OUT" && cd "$IN" && zip -0 -q -r "$OUT" .', { ...at, IN: large }),
      },
    ]),
  );
  rmSync(large, { recursive: true });
  const most = Math.max(...memory);
  const held = alone(
    'memory over idle, backup of that file',
    `${most.toFixed(0)} MB`,
    `≤ ${MOST_MB} MB`,
    most <= MOST_MB,
  );
  return [...many, ...one, held];
}
