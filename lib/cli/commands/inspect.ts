import { openArchive } from '../../restore/read/open-archive.js';
import { findAesKey, type KeyOptions } from '../aes-key.js';
import { describeManifest } from '../describe-manifest.js';
import { type ExitCode, exitCodeFor } from '../exit-codes.js';
import type { Terminal } from '../terminal.js';

interface InspectOptions extends KeyOptions {
  readonly json?: boolean;
}

/** Shows what an archive says about itself; its content is not read. */
export async function inspect(terminal: Terminal, options: InspectOptions, file: string): Promise<ExitCode> {
  const archive = await openArchive(file === '-' ? process.stdin : file, { key: await findAesKey(options) });
  try {
    const { manifest } = archive;
    terminal.result(options.json ? JSON.stringify(manifest) : describeManifest(manifest));
    return exitCodeFor(manifest);
  } finally {
    await archive.close();
  }
}
