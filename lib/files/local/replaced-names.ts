import { createReadStream } from 'node:fs';
import { open, readFile, realpath } from 'node:fs/promises';
import { hasCode, type TargetDirectory, unsuitable } from '../staging-errors.js';
import { isNeverSaved, joinBytes, topEntries } from './folders.js';
import { MoveProbe, mounted } from './move-probe.js';
import { type StagingLayout, statIfThere } from './staging-layout.js';
import type { UnsavedList } from './unsaved-list.js';

const END = 0;
const BATCH_BYTES = 64 * 1024;

/**
 * Records the top-level names, each followed by a zero byte, and refuses what could not be moved after the decision.
 * Exactly these names are moved then: not included are what the application creates later, what no backup saves, and
 * what this backup has not saved.
 * @throws BackupError `RESTORE_REFUSED`
 */
export async function writeReplacedNames(
  directory: TargetDirectory,
  layout: StagingLayout,
  replace: boolean,
  unsaved: UnsavedList,
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
          'Empty it, or use --replace (in code replace: true).',
        );
      }
      if (isNeverSaved(entry) || (await isUnsaved(entry.name, layout, unsaved))) continue;
      await probe.try(entry);
      batch.push(entry.name, Buffer.of(END));
      bytes += entry.name.length + 1;
      if (bytes > BATCH_BYTES) await flush();
    }
    await flush();
    await handle.sync();
    await probeReturning(layout, probe, unsaved);
  } finally {
    await handle.close();
  }
  await probe.remove();
}

/** None of it is among the new files, so it can stay where it is. */
async function isUnsaved(name: Buffer, { fresh }: StagingLayout, unsaved: UnsavedList): Promise<boolean> {
  return unsaved.of([name]) !== undefined && !(await statIfThere(joinBytes(fresh, name)));
}

/** Checks folders that will have to be moved separately because the folders they are in are replaced. */
async function probeReturning(layout: StagingLayout, probe: MoveProbe, unsaved: UnsavedList): Promise<void> {
  for (const names of unsaved.nested()) {
    if (await isUnsaved(names[0]!, layout, unsaved)) continue;
    const name = names.reduce(joinBytes);
    const stats = await statIfThere(joinBytes(layout.top, name)).catch((error: unknown) => {
      if (!hasCode(error, 'EACCES', 'ENAMETOOLONG')) throw error; // Then it cannot be a folder that was skipped.
    });
    if (stats?.isDirectory()) await probe.try({ name, isDirectory: () => true });
  }
}

/** Reads the names that `writeReplacedNames` recorded. */
export async function* readReplacedNames(path: string): AsyncGenerator<Buffer> {
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

/** Anything mounted inside can be neither moved nor removed, whether or not it has a device of its own. */
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
