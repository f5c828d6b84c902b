import { Worker } from 'node:worker_threads';
import { STAGING_NAME } from '../../archive/entry-names.js';
import { programOf } from '../../support/thread-program.js';
import { type DataDirectory, isLocal, isStore } from '../data-directory.js';
import { listFiles } from '../store/list-files.js';
import { type Measuring, measureFolders } from './measure-worker.js';

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
  const worker = new Worker(programOf(measureFolders), options);
  const stop = () => void worker.terminate();
  signal.addEventListener('abort', stop, { once: true });
  return new Promise<{ files: number; bytes: number }>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('The thread was stopped.')));
    if (signal.aborted) stop();
  }).finally(() => signal.removeEventListener('abort', stop));
}
