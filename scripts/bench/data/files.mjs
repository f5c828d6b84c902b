import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Words } from './words.mjs';

const FILES_PER_FOLDER = 500;

/** Many small files of words, some hundred in each folder. */
export function makeSmallFiles(folder, count, bytes) {
  const words = new Words(7);
  const text = Buffer.from(words.text(1_000_000 + bytes));
  for (let index = 0; index < count; index++) {
    const parent = join(folder, `folder${Math.floor(index / FILES_PER_FOLDER)}`);
    if (index % FILES_PER_FOLDER === 0) mkdirSync(parent, { recursive: true });
    const start = words.below(1_000_000);
    writeFileSync(join(parent, `file${index}.txt`), text.subarray(start, start + bytes));
  }
}

/** One file that deflate cannot make smaller. */
export async function makeLargeFile(path, megabytes) {
  const file = createWriteStream(path);
  for (let written = 0; written < megabytes; written++) {
    if (!file.write(randomFillSync(Buffer.allocUnsafe(1e6)))) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}
