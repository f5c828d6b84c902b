import { resolve, sep } from 'node:path';
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
import { OutputFile } from '../output-file.js';
import { Progress } from '../progress.js';
import type { Terminal } from '../terminal.js';

interface CreateOptions extends KeyOptions {
  readonly app: string;
  readonly output?: string;
  readonly to?: readonly string[];
  readonly encrypt?: boolean;
  readonly plaintext?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Boots the host and writes its backup to a file that appears only when it is whole, to stdout, or to destinations. */
export async function create(terminal: Terminal, options: CreateOptions): Promise<ExitCode> {
  const key = await findAesKey(options);
  const { to: destinations, output, plaintext } = options;
  if (plaintext && options.encrypt) {
    throw BackupError.wrongUsage('--plaintext and --encrypt contradict each other', 'Give one of them.');
  }
  if (destinations && output !== undefined)
    throw BackupError.wrongUsage('--to and --output name two places', 'Give --to alone, and repeat it for several.');

  const file = destinations || output === '-' ? undefined : await OutputFile.prepare(placeOf(output));
  try {
    return await withHost(options.app, terminal.quiet, async (host) => {
      const progress = new Progress(terminal, 'Backup', undefined);
      const create: CreateBackupOptions = {
        aesKey: keyToUse(terminal, options, key, serviceOf(host, BackupStore).encrypts),
        plaintext,
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
        const path = file && resolve(output ?? backup.filename);
        if (file && path !== undefined) await file.write(path, backup.stream);
        else await pipeline(backup.stream, terminal.stdout());
        progress.stop();
        return report(terminal, options, path, await backup.manifest);
      } finally {
        progress.stop();
      }
    });
  } finally {
    await file?.close();
  }
}

/** Of a file whose name the backup decides, the directory. */
function placeOf(output: string | undefined): string {
  return output === undefined ? `${resolve()}${sep}` : resolve(output);
}

/** The one that was given, if the backup is to be encrypted; else the application's own is used where it has one. */
function keyToUse(
  terminal: Terminal,
  { encrypt, plaintext }: CreateOptions,
  key: Buffer | undefined,
  applicationHasOne: boolean,
): Buffer | undefined {
  if (plaintext) return undefined;
  if (encrypt && !key && !applicationHasOne) {
    const remedy = `Set ${KEY_VARIABLE}, use --key-file or --key -, or give the application an encryptionKey.`;
    throw BackupError.wrongUsage('--encrypt needs an AES key', remedy);
  }
  if (encrypt || applicationHasOne) return key;
  if (key) terminal.warn('Warning: there is an AES key, but no --encrypt: the archive is not encrypted.');
  return undefined;
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
