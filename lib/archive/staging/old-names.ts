import { createReadStream } from 'node:fs';
import { open, readFile, realpath } from 'node:fs/promises';
import { isNeverSaved, topEntries } from './folders.js';
import { MoveProbe, mounted } from './move-probe.js';
import { type TargetDirectory, unsuitable } from './staging-errors.js';
import type { StagingLayout } from './staging-layout.js';

const END = 0;
const BATCH_BYTES = 64 * 1024;

/**
 * Writes down the names at the top, each ended by a zero byte, and refuses what could not be moved after the decision.
 * Exactly these names are moved then: what the application makes later is not among them, nor what no backup saves.
 * @throws BackupError `RESTORE_REFUSED`
 */
export async function writeOldNames(
  directory: TargetDirectory,
  layout: StagingLayout,
  replace: boolean,
): Promise<void> {
  await refuseInnerMounts(directory);
  const probe = await MoveProbe.make(directory, layout);
  const handle = await open(layout.oldNames, 'wx', 0o600);
  try {
    let batch: Buffer[] = [];
    let bytes = 0;
    const flush = async () => {
      await handle.writeFile(Buffer.concat(batch));
      batch = [];
      bytes = 0;
    };
    for await (const entry of topEntries(directory.path)) {
      if (!replace) {
        throw unsuitable(
          directory,
          `is not empty: it holds "${entry.name.toString()}"`,
          'Empty it, or allow to replace.',
        );
      }
      if (isNeverSaved(entry)) continue;
      await probe.try(entry);
      batch.push(entry.name, Buffer.of(END));
      bytes += entry.name.length + 1;
      if (bytes > BATCH_BYTES) await flush();
    }
    await flush();
    await handle.sync();
  } finally {
    await handle.close();
  }
  await probe.remove();
}

/** The names that `writeOldNames` wrote. */
export async function* readOldNames(path: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    const bytes = Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(END); end !== -1; end = bytes.indexOf(END, start)) {
      yield bytes.subarray(start, end);
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
}

/** What is mounted somewhere inside can be neither moved nor removed, whether or not it has a device of its own. */
async function refuseInnerMounts(directory: TargetDirectory): Promise<void> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const top = `${await realpath(directory.path)}/`;
  for (const line of mounts.split('\n')) {
    const escaped = line.split(' ')[4] ?? '';
    const path = escaped.replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
    const point = Buffer.from(path, 'latin1').toString();
    if (escaped !== '' && (point.startsWith(top) || path.startsWith(top))) throw mounted(directory, point);
  }
}
