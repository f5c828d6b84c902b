import { openArchive } from '../../restore/read/open-archive.js';
import { verifyArchive } from '../../restore/read/verify-archive.js';
import { findAesKey, type KeyOptions } from '../aes-key.js';
import { describeManifest } from '../describe-manifest.js';
import { type ExitCode, exitCodeFor } from '../exit-codes.js';
import { Progress } from '../progress.js';
import type { Terminal } from '../terminal.js';

interface VerifyOptions extends KeyOptions {
  readonly json?: boolean;
}

/** Reads every byte of an archive and holds it against its manifest. */
export async function verify(terminal: Terminal, options: VerifyOptions, file: string): Promise<ExitCode> {
  const archive = await openArchive(file === '-' ? process.stdin : file, { key: await findAesKey(options) });
  const progress = new Progress(terminal, 'Verify', archive.size);
  try {
    const report = await verifyArchive(archive, { onProgress: (state) => progress.update(state) });
    progress.stop();
    const { id, complete, warnings, skipped } = report.manifest;
    if (options.json) terminal.result(JSON.stringify({ id, verified: true, complete, warnings, skipped }));
    else terminal.result(`${describeManifest(report.manifest)}\n  every byte was read and is accounted for`);
    return exitCodeFor(report.manifest);
  } finally {
    progress.stop();
    await archive.close();
  }
}
