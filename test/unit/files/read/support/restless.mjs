// node restless.mjs <how> <directory>: works in a directory without a pause, says "ready" once, and ends its round on SIGTERM.
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';

const [how, root] = process.argv.slice(2);
const AT_A_TIME = 25;
/** Where this process is held up for so long, less than a reader waits, an empty file cannot be told from one that is to be empty. */
const LONG_MS = 200;
let version = 0;

/** Says of itself how long it is, and its checksum. */
function content(bytes) {
  const text = `version ${++version} `.repeat(Math.ceil(bytes / 10)).slice(0, bytes);
  return `${text.length} ${createHash('md5').update(text).digest('hex')}\n${text}`;
}

const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));
const bytesOf = (path) => Number(/-(\d+)$/.exec(path)?.[1] ?? 1000) + (version % 50);

const rounds = {
  /** Empties some at a time and then writes them, as programs do that open first and write when they have something. */
  truncate() {
    for (let from = 0; from < files.length; from += AT_A_TIME) {
      const some = files.slice(from, from + AT_A_TIME);
      const begun = Date.now();
      const opened = some.map((path) => openSync(path, 'w'));
      for (const [index, path] of some.entries()) {
        writeSync(opened[index], content(bytesOf(path)));
        if (Date.now() - begun > LONG_MS) console.log(`was empty for long: ${relative(root, path)}`);
      }
      opened.forEach(closeSync);
    }
  },
  rename() {
    const beside = join(root, '..', 'beside');
    for (const path of files) {
      writeFileSync(beside, content(bytesOf(path)));
      renameSync(beside, path);
    }
  },
  /** Every file goes into another folder, and every folder of files into another one, again and again. */
  move() {
    const folders = readdirSync(root).map((name) => join(root, name));
    version++;
    for (const [at, folder] of folders.entries()) {
      const next = folders[(at + 1 + (version % (folders.length - 1))) % folders.length];
      for (const name of readdirSync(folder)) {
        if (name.startsWith('moving')) renameSync(join(folder, name), join(next, name));
      }
    }
  },
};

mkdirSync(root, { recursive: true });
rounds[how]();
let isAsked = false;
process.once('SIGTERM', () => {
  isAsked = true;
});
process.stdout.write('ready\n');
while (!isAsked) {
  rounds[how]();
  await turn();
}
