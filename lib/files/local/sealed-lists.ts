/** What a sealed restore records beside the new files: lists, each item followed by a zero byte. */
import { createReadStream } from 'node:fs';
import { chmod, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathsTo, type UnsavedPaths } from '../restore-target.js';
import { hasCode, type TargetDirectory, unsuitable } from '../staging-errors.js';
import { isNeverSaved, joinBytes, topEntries } from './folders.js';
import { MoveProbe } from './move-probe.js';
import { type StagingLayout, statIfThere } from './staging-folder.js';

const END = '\0';
const BATCH_BYTES = 64 * 1024;

/**
 * Records the top-level names, and refuses what could not be moved after the decision.
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
      batch.push(entry.name, Buffer.from(END));
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

/** What the archive lacks of a path: all of it, or only some of what is below it. */
export type Lack = 'all' | 'some';

/** The paths of which the archive lacks something, as recorded beside the new files. */
export class UnsavedList {
  private constructor(private readonly lacks: ReadonlyMap<string, Lack>) {}

  /** Records them, together with whether they are among the new files, which are complete by then. */
  static async write({ fresh, unsaved }: StagingLayout, paths: UnsavedPaths): Promise<UnsavedList> {
    const lacks = new Map<string, Lack>();
    for (const path of paths) lacks.set(path, (await isThere(join(fresh, path))) ? 'some' : 'all');
    await writeDescribed(unsaved, lacks);
    return new UnsavedList(lacks);
  }

  /** Reads what `write` recorded; empty when an earlier version sealed the restore. */
  static async read({ unsaved }: StagingLayout): Promise<UnsavedList> {
    return new UnsavedList((await readDescribed(unsaved)) as Map<string, Lack>);
  }

  /** @param names the path components */
  of(names: readonly Buffer[]): Lack | undefined {
    if (this.lacks.size === 0) return undefined;
    let found: Lack | undefined;
    for (const path of pathsTo(names.join('/'))) {
      const lack = this.lacks.get(path);
      if (lack === 'all') return lack;
      found ??= lack;
    }
    return found;
  }

  /** The path components of what is below the top and has nothing among the new files. */
  *nested(): Generator<readonly Buffer[]> {
    for (const [path, lack] of this.lacks) {
      const names = path.split('/').map((name) => Buffer.from(name));
      if (lack === 'all' && names.length > 1 && this.of(names.slice(0, -1)) !== 'all') yield names;
    }
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await statIfThere(path)) !== undefined;
  } catch (error) {
    if (hasCode(error, 'ENAMETOOLONG', 'EINVAL', 'EILSEQ')) return false;
    throw error;
  }
}

/** Modes of new top-level folders, by name. */
export type LateModes = ReadonlyMap<string, number>;

/**
 * Records modes with which a folder could not be moved into place: unless its owner is root, the owner needs write
 * permission on a folder to move it.
 */
export async function writeLateModes({ lateModes }: StagingLayout, modes: LateModes): Promise<void> {
  await writeDescribed(lateModes, new Map([...modes].map(([name, mode]) => [name, mode.toString(8)])));
}

/** Sets them once all folders are in place. May be repeated. */
export async function setLateModes({ top, lateModes }: StagingLayout): Promise<void> {
  for (const [name, mode] of await readDescribed(lateModes)) {
    const path = join(top, name);
    if ((await statIfThere(path))?.isDirectory()) await chmod(path, Number.parseInt(mode, 8));
  }
}

/** Writes names with one word about each; nothing if there are none. */
async function writeDescribed(path: string, words: ReadonlyMap<string, string>): Promise<void> {
  if (words.size === 0) return;
  const items = [...words].map(([name, word]) => `${word} ${name}${END}`);
  await writeFile(path, items.join(''), { flag: 'wx', mode: 0o600, flush: true });
}

/** Reads what `writeDescribed` wrote. */
async function readDescribed(path: string): Promise<Map<string, string>> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  });
  const items = text.split(END).slice(0, -1);
  return new Map(
    items.map((item) => {
      const space = item.indexOf(' ');
      return [item.slice(space + 1), item.slice(0, space)];
    }),
  );
}
