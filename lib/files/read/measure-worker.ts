/** What a counting thread is started with. */
export interface Measuring {
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
export function measureFolders(): void {
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
