// node restless.mjs <how> <directory>: works in a directory without a pause until it is killed; says "ready" once.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [how, root] = process.argv.slice(2);
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
  truncate() {
    for (const path of files) writeFileSync(path, content(bytesOf(path)));
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
process.stdout.write('ready\n');
for (;;) rounds[how]();
