import type { BackupManifest } from '../../backup/manifest.js';
import { openArchive } from '../../restore/read/open-archive.js';
import { findAesKey, type KeyOptions } from '../aes-key.js';
import { applicationOf, archiveSource, needsKeyOf, storedReference } from '../archive-argument.js';
import { describeManifest } from '../describe-manifest.js';
import { type ExitCode, exitCodeFor } from '../exit-codes.js';
import type { Terminal } from '../terminal.js';

interface InspectOptions extends KeyOptions {
  readonly app?: string;
  readonly json?: boolean;
}

/** Shows what an archive says about itself; its content is not read. */
export async function inspect(terminal: Terminal, options: InspectOptions, file: string): Promise<ExitCode> {
  const key = await findAesKey(options);
  const withHost = storedReference(file) !== undefined || needsKeyOf(options.app, key);
  const manifest = await (withHost ? manifestWithHost : manifestOfFile)(terminal, options, file, key);
  terminal.result(options.json ? JSON.stringify(manifest) : describeManifest(manifest));
  return exitCodeFor(manifest);
}

type Inspect = (
  terminal: Terminal,
  options: InspectOptions,
  file: string,
  key: Buffer | undefined,
) => Promise<BackupManifest>;

/** Needs no application. */
const manifestOfFile: Inspect = async (_terminal, _options, file, key) => {
  const archive = await openArchive(file === '-' ? process.stdin : file, { key });
  await archive.close();
  return archive.manifest;
};

const manifestWithHost: Inspect = async (terminal, { app }, file, aesKey) => {
  const application = applicationOf(file, app);
  const { withRestores } = await import('../with-restores.js');
  return withRestores(application, terminal.quiet, (restores) => restores.inspect(archiveSource(file), { aesKey }));
};
