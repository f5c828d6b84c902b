import { Worker } from 'node:worker_threads';
import { STAGING_NAME } from '../../archive/entry-names.js';
import { backgroundProgramOf } from '../../support/thread-program.js';
import { type DataDirectory, isLocal, isStore } from '../data-directory.js';
import { listFiles } from '../store/list-files.js';

/** The number of files and their total size in bytes. */
export interface FilesMeasured {
  readonly files: number;
  readonly bytes: number;
}

const HEAP = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 };

/**
 * Roughly counts what data directories hold: good enough for showing progress, and for nothing else. Local directories
 * are walked on a separate thread, at about a twentieth of the cost of reading the files; file stores are listed.
 * @param left absolute paths of files that do not count
 * @returns null when it cannot be determined, or is no longer wanted
 */
export async function measureFiles(
  directories: readonly DataDirectory[],
  left: readonly string[],
  signal: AbortSignal,
): Promise<FilesMeasured | null> {
  try {
    const roots = directories.filter(isLocal).map(({ path }) => path);
    const sums = roots.length === 0 ? { files: 0, bytes: 0 } : await measureLocal(roots, left, signal);
    for (const directory of directories.filter(isStore)) {
      for await (const { path, bytes } of listFiles(directory)) {
        if (signal.aborted) return null;
        sums.bytes += bytes;
        if (!path.endsWith('/') || bytes > 0) sums.files++;
      }
    }
    return sums;
  } catch {
    // Whatever reads them reports what is wrong with them.
    return null;
  }
}

function measureLocal(
  roots: readonly string[],
  left: readonly string[],
  signal: AbortSignal,
): Promise<{ files: number; bytes: number }> {
  const workerData: Measuring = { roots, left, stagingName: STAGING_NAME };
  const options = { eval: true, workerData, resourceLimits: HEAP, execArgv: [], env: {} };
  const worker = new Worker(backgroundProgramOf(measureFolders), options);
  const stop = () => void worker.terminate();
  signal.addEventListener('abort', stop, { once: true });
  return new Promise<{ files: number; bytes: number }>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('The thread was stopped.')));
    if (signal.aborted) stop();
  }).finally(() => signal.removeEventListener('abort', stop));
}

/** What a counting thread is started with. */
interface Measuring {
  /** Absolute paths of folders. */
  readonly roots: readonly string[];
  /** Absolute paths of files that do not count. */
  readonly left: readonly string[];
  readonly stagingName: string;
}

/**
 * The program of a thread that counts files and their bytes. It is started from its source text, so it must not use
 * anything of this file; bundlers rewrite `require`, hence `getBuiltinModule`. What cannot be read does not count.
 */
function measureFolders(): void {
  const { lstatSync, opendirSync } = process.getBuiltinModule('node:fs');
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  const { roots, left, stagingName } = workerData as Measuring;
  const passedOver = new Set([...left, ...roots.map((root) => `${root}/${stagingName}`)]);
  const slash = Buffer.from('/');
  const sums = { files: 0, bytes: 0 };
  // Names are bytes: a name that is not UTF-8 would not be found again by its string.
  const pending = roots.map((root) => Buffer.from(root));

  const look = (folder: Buffer): void => {
    const directory = opendirSync(folder as unknown as string, { encoding: 'buffer' as BufferEncoding });
    try {
      for (let entry = directory.readSync(); entry; entry = directory.readSync()) {
        const path = Buffer.concat([folder, slash, entry.name as unknown as Buffer]);
        if (passedOver.size > 0 && passedOver.has(path.toString())) continue;
        if (entry.isDirectory()) {
          pending.push(path);
        } else if (entry.isFile()) {
          sums.bytes += lstatSync(path).size;
          sums.files++;
        }
      }
    } finally {
      directory.closeSync();
    }
  };

  for (let folder = pending.pop(); folder; folder = pending.pop()) {
    try {
      look(folder);
    } catch {
      // It has vanished, or may not be read.
    }
  }
  parentPort!.postMessage(sums);
}
