import { mkdirSync, rmSync } from 'node:fs';
import { PYTHON, timed } from '../command.mjs';
import { makeSmallFiles } from '../data/files.mjs';
import { HostProcess } from '../host-process.mjs';
import { race } from '../race.mjs';
import { hostOfFiles } from './host-of-files.mjs';

const SCRIPT = new URL('../peers/zip_files.py', import.meta.url).pathname;
const SMALL_BYTES = 3000;

/** Many small files, stored, there and back. */
export async function smallFileRows({ sizes, folder, node, log }) {
  const [small, output, back] = [`${folder}/small`, `${folder}/ours.zip`, `${folder}/back`];
  const files = `${sizes.files} files of 3 kB`;
  log(files);
  makeSmallFiles(small, sizes.files, SMALL_BYTES);
  const empty = () => {
    rmSync(back, { recursive: true, force: true });
    mkdirSync(back);
  };
  const backups = await HostProcess.with(hostOfFiles(node, small), (host) =>
    race(`${files}, stored`, sizes.rounds, () => host.run('backup', { output }), [
      {
        name: 'zipstream-ng',
        needs: ['python:zipstream'],
        atMost: 0.5,
        run: () => timed(`${PYTHON} "$SCRIPT" "$IN" "$OUT"`, { SCRIPT, IN: small, OUT: `${folder}/theirs.zip` }),
      },
    ]),
  );
  log(`${files}: restore`);
  const ours = () => {
    empty();
    return HostProcess.with(hostOfFiles(node, back), (host) => host.run('restore', { archive: output }));
  };
  const restores = await race(`restore of ${files}`, sizes.rounds, ours, [
    {
      name: 'unzip',
      needs: ['unzip'],
      atMost: 1,
      run() {
        empty();
        return timed('unzip -q "$ZIP" -d "$OUT"', { ZIP: output, OUT: back });
      },
    },
  ]);
  for (const made of [small, back, output]) rmSync(made, { recursive: true });
  return [...backups, ...restores];
}
