import type { TrustedSigners } from '../../crypto/signature/trusted-signers.js';
import { wrongUsage } from '../../errors/usage-errors.js';
import { openArchive } from '../../restore/read/open-archive.js';
import { type VerifyProgress, type VerifyReport, verifyArchive } from '../../restore/read/verify-archive.js';
import { applicationOf, archiveSource, needsOptionsOf, storedReference } from '../archive/archive-argument.js';
import { refuseUnreadable } from '../archive/archive-file.js';
import { findKeysFor } from '../archive/find-keys.js';
import type { FoundKeys, OpeningOptions } from '../archive/opening-options.js';
import { findSigners, type SignerOptions } from '../archive/signers.js';
import type { ExitCode } from '../exit-codes.js';
import { interruptible } from '../interruption.js';
import { osUser } from '../os-user.js';
import { conclude } from '../output/conclude.js';
import { describeManifest } from '../output/describe-manifest.js';
import { Progress, stateOf } from '../output/progress.js';
import type { Terminal } from '../output/terminal.js';

export interface VerifyOptions extends OpeningOptions, SignerOptions {
  readonly app?: string;
  readonly restore?: boolean;
  readonly scratch?: string;
  readonly ignoreMigrations?: boolean;
  readonly plaintext?: boolean;
  readonly json?: boolean;
}

const READ = 'every byte was read and is accounted for';
const RESTORED = 'it was restored beside the application, and matches the backup';

/** Reads every byte of an archive and checks it against its manifest. */
export async function verify(terminal: Terminal, options: VerifyOptions, file: string): Promise<ExitCode> {
  const without = [options.scratch !== undefined && '--scratch', options.ignoreMigrations && '--ignore-migrations'];
  for (const flag of options.restore ? [] : without) {
    if (flag) throw wrongUsage(`${flag} was given without --restore`, 'Use both, or neither.');
  }
  const signers = await findSigners(options);
  const keys = await findKeysFor(file, options);
  await refuseUnreadable(file, keys);
  const withHost = options.restore || storedReference(file) !== undefined || needsOptionsOf(options.app, keys, signers);
  const report = await (withHost ? verifyWithHost : verifyFile)(terminal, options, file, keys, signers);
  const { manifest, restoreTest, encrypted, signature } = report;
  const { id, complete, warnings, skipped } = manifest;
  return conclude(terminal, options, {
    text: `${describeManifest(manifest, { encrypted, signature })}\n  ${restoreTest ? RESTORED : READ}`,
    json: { id, verified: true, restoreTest, encrypted, signature, complete, warnings, skipped },
    manifest,
  });
}

type Verify = (
  terminal: Terminal,
  options: VerifyOptions,
  file: string,
  keys: FoundKeys,
  signers: TrustedSigners | undefined,
) => Promise<VerifyReport>;

/** Needs no application. */
const verifyFile: Verify = async (terminal, _options, file, { aesKey: key, identity: identities }, signers) => {
  const archive = await openArchive(file === '-' ? process.stdin : file, { key, identities, signers });
  try {
    return await shown(terminal, (onProgress) => verifyArchive(archive, { onProgress }));
  } finally {
    await archive.close();
  }
};

const verifyWithHost: Verify = async (terminal, options, file, keys, signers) => {
  const { restore, scratch, ignoreMigrations, plaintext } = options;
  const application = applicationOf(file, options.app);
  const { withRestoreService } = await import('../application/with-restore-service.js');
  const trustedSigners = signers?.lines;
  const verifying = { ...keys, trustedSigners, restore, scratch, ignoreMigrations, plaintext, initiator: osUser() };
  const { sayPending } = await import('../application/pending-migrations.js');
  return withRestoreService(application, terminal.quiet, async (restores, host) => {
    if (restore) await sayPending(terminal, host, 'The restore test runs those that the backup needs.');
    return shown(terminal, (onProgress) =>
      interruptible((signal) => restores.verify(archiveSource(file), { ...verifying, onProgress, signal })),
    );
  });
};

async function shown(
  terminal: Terminal,
  work: (onProgress: (state: VerifyProgress) => void) => Promise<VerifyReport>,
): Promise<VerifyReport> {
  const progress = new Progress(terminal, 'Verify');
  try {
    return await work((state) => progress.update(stateOf(state)));
  } finally {
    progress.stop();
  }
}
