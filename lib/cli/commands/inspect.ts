import type { BackupManifest } from '../../backup/manifest.js';
import { openArchive } from '../../restore/read/open-archive.js';
import { RestoreService } from '../../restore/restore.service.js';
import { findAesKey, type KeyOptions } from '../aes-key.js';
import { applicationOf, storedReference } from '../archive-argument.js';
import { serviceOf, withHost } from '../boot-host.js';
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
  const stored = storedReference(file);
  const manifest = stored
    ? await withHost(applicationOf(file, options.app), terminal.quiet, (host) =>
        serviceOf(host, RestoreService).inspect(stored, { aesKey: key }),
      )
    : await manifestOf(file, key);
  terminal.result(options.json ? JSON.stringify(manifest) : describeManifest(manifest));
  return exitCodeFor(manifest);
}

async function manifestOf(file: string, key: Buffer | undefined): Promise<BackupManifest> {
  const archive = await openArchive(file === '-' ? process.stdin : file, { key });
  await archive.close();
  return archive.manifest;
}
