import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { BackupError } from '../../backup.errors.js';
import type { BackupManifest } from '../../backup/manifest.js';
import { BackupService, type CreateBackupOptions } from '../../backup/backup.service.js';
import { BackupStore } from '../../store/backup-store.js';
import { findAesKey, KEY_VARIABLE, type KeyOptions } from '../aes-key.js';
import { serviceOf, withHost } from '../boot-host.js';
import { operator } from '../operator.js';
import { reportStored } from '../describe-stored.js';
import { type ExitCode, exitCodeFor } from '../exit-codes.js';
import { describeManifest } from '../describe-manifest.js';
import { writeWholeFile } from '../output-file.js';
import { Progress } from '../progress.js';
import type { Terminal } from '../terminal.js';

interface CreateOptions extends KeyOptions {
  readonly app: string;
  readonly output?: string;
  readonly to?: readonly string[];
  readonly encrypt?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Boots the host and writes its backup to a file that appears only when it is whole, to stdout, or to destinations. */
export async function create(terminal: Terminal, options: CreateOptions): Promise<ExitCode> {
  const key = await findAesKey(options);
  if (options.encrypt && !key) {
    throw BackupError.wrongUsage('--encrypt needs an AES key', `Set ${KEY_VARIABLE}, or use --key-file or --key -.`);
  }
  if (key && !options.encrypt)
    terminal.warn('Warning: there is an AES key, but no --encrypt: the archive is not encrypted.');

  const { to: destinations, output } = options;
  if (destinations && output !== undefined)
    throw BackupError.wrongUsage('--to and --output name two places', 'Give --to alone, and repeat it for several.');

  return withHost(options.app, terminal.quiet, async (host) => {
    const progress = new Progress(terminal, 'Backup', undefined);
    const create: CreateBackupOptions = {
      aesKey: options.encrypt ? key : undefined,
      initiator: operator(),
      onProgress: (state) => progress.update(state),
    };
    try {
      if (destinations) {
        const stored = await serviceOf(host, BackupStore).store({ ...create, destinations });
        progress.stop();
        return reportStored(terminal, options, stored);
      }
      const backup = await serviceOf(host, BackupService).create(create);
      const path = output === '-' ? undefined : resolve(output ?? backup.filename);
      if (path === undefined) await pipeline(backup.stream, terminal.stdout());
      else await writeWholeFile(path, backup.stream);
      progress.stop();
      return report(terminal, options, path, await backup.manifest);
    } finally {
      progress.stop();
    }
  });
}

function report(
  terminal: Terminal,
  options: CreateOptions,
  path: string | undefined,
  manifest: BackupManifest,
): ExitCode {
  if (options.json) {
    const { id, complete, warnings, skipped } = manifest;
    terminal.result(JSON.stringify({ id, file: path ?? null, complete, warnings, skipped }));
  } else {
    terminal.result(describeManifest(manifest));
    if (path !== undefined) terminal.result(path);
  }
  return exitCodeFor(manifest);
}
