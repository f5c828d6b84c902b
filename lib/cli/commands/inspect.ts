import type { TrustedSigners } from '../../crypto/signature/trusted-signers.js';
import { type InspectedArchive, inspected } from '../../restore/inspected-archive.js';
import { openArchive } from '../../restore/read/open-archive.js';
import { visible } from '../../support/visible-text.js';
import { applicationOf, archiveSource, needsOptionsOf, storedReference } from '../archive/archive-argument.js';
import { refuseUnreadable } from '../archive/archive-file.js';
import { findKeysFor } from '../archive/find-keys.js';
import type { FoundKeys, OpeningOptions } from '../archive/opening-options.js';
import { findSigners, type SignerOptions } from '../archive/signers.js';
import { type ExitCode, exitCodeFor } from '../exit-codes.js';
import { leftOut } from '../output/conclude.js';
import { describeManifest } from '../output/describe-manifest.js';
import type { Terminal } from '../output/terminal.js';

interface InspectOptions extends OpeningOptions, SignerOptions {
  readonly app?: string;
  readonly json?: boolean;
}

/** Shows what the manifest of an archive says; its rows and files are not read. */
export async function inspect(terminal: Terminal, options: InspectOptions, file: string): Promise<ExitCode> {
  const signers = await findSigners(options);
  const keys = await findKeysFor(file, options);
  await refuseUnreadable(file, keys);
  const withHost = storedReference(file) !== undefined || needsOptionsOf(options.app, keys, signers);
  const seen = await (withHost ? lookWithHost : lookAtFile)(terminal, options, file, keys, signers);
  const { manifest, encrypted, signature } = seen;
  if (options.json) terminal.json({ ...manifest, encrypted, signature });
  else if (terminal.quiet) for (const text of leftOut(manifest)) terminal.warn(visible(text));
  else terminal.result(describeManifest(manifest, seen));
  return exitCodeFor(manifest);
}

type Inspect = (
  terminal: Terminal,
  options: InspectOptions,
  file: string,
  keys: FoundKeys,
  signers: TrustedSigners | undefined,
) => Promise<InspectedArchive>;

/** Needs no application. */
const lookAtFile: Inspect = async (_terminal, _options, file, { aesKey: key, identity: identities }, signers) => {
  const archive = await openArchive(file === '-' ? process.stdin : file, { key, identities, signers, anySigner: true });
  await archive.close();
  return inspected(archive);
};

const lookWithHost: Inspect = async (terminal, { app }, file, keys, signers) => {
  const application = applicationOf(file, app);
  const { withRestoreService } = await import('../application/with-restore-service.js');
  return withRestoreService(application, terminal.quiet, (restores) =>
    restores.look(archiveSource(file), { ...keys, trustedSigners: signers?.lines }),
  );
};
