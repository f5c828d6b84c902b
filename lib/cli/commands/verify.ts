import { BackupError } from '../../backup.errors.js';
import { openArchive } from '../../restore/read/open-archive.js';
import { type VerifyProgress, type VerifyReport, verifyArchive } from '../../restore/read/verify-archive.js';
import { findAesKey, type KeyOptions } from '../aes-key.js';
import { applicationOf, archiveSource, needsKeyOf, storedReference } from '../archive-argument.js';
import { describeManifest } from '../describe-manifest.js';
import { type ExitCode, exitCodeFor } from '../exit-codes.js';
import { operator } from '../operator.js';
import { Progress } from '../progress.js';
import type { Terminal } from '../terminal.js';

interface VerifyOptions extends KeyOptions {
  readonly app?: string;
  readonly restore?: boolean;
  readonly scratch?: string;
  readonly plaintext?: boolean;
  readonly json?: boolean;
}

const READ = 'every byte was read and is accounted for';
const RESTORED = 'it was restored beside the application, and came back as it was';

/** Reads every byte of an archive and holds it against its manifest. */
export async function verify(terminal: Terminal, options: VerifyOptions, file: string): Promise<ExitCode> {
  if (options.scratch !== undefined && !options.restore) {
    throw BackupError.wrongUsage('--scratch was given without --restore', 'Give both.');
  }
  const key = await findAesKey(options);
  const withHost = options.restore || storedReference(file) !== undefined || needsKeyOf(options.app, key);
  const { manifest, restored } = await (withHost ? verifyWithHost : verifyFile)(terminal, options, file, key);
  const { id, complete, warnings, skipped } = manifest;
  if (options.json) terminal.result(JSON.stringify({ id, verified: true, restored, complete, warnings, skipped }));
  else terminal.result(`${describeManifest(manifest)}\n  ${restored ? RESTORED : READ}`);
  return exitCodeFor(manifest);
}

type Verify = (terminal: Terminal, options: VerifyOptions, file: string, key?: Buffer) => Promise<VerifyReport>;

/** Needs no application. */
const verifyFile: Verify = async (terminal, _options, file, key) => {
  const archive = await openArchive(file === '-' ? process.stdin : file, { key });
  try {
    return await shown(terminal, archive.size, (onProgress) => verifyArchive(archive, { onProgress }));
  } finally {
    await archive.close();
  }
};

const verifyWithHost: Verify = async (terminal, { app, restore, scratch, plaintext }, file, aesKey) => {
  const application = applicationOf(file, app);
  const { withRestores } = await import('../with-restores.js');
  return withRestores(application, terminal.quiet, (restores) =>
    shown(terminal, undefined, (onProgress) =>
      restores.verify(archiveSource(file), { aesKey, restore, scratch, plaintext, onProgress, initiator: operator() }),
    ),
  );
};

async function shown(
  terminal: Terminal,
  size: number | undefined,
  work: (onProgress: (state: VerifyProgress) => void) => Promise<VerifyReport>,
): Promise<VerifyReport> {
  const progress = new Progress(terminal, 'Verify', size);
  try {
    return await work((state) => progress.update(state));
  } finally {
    progress.stop();
  }
}
