import { realpathSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import type { CreateBackupOptions } from '../../backup/backup.js';
import { BackupService } from '../../backup/backup.service.js';
import { allEmpty } from '../../backup/summary.js';
import { Recipients } from '../../crypto/age/recipients.js';
import { isEncryptedWith } from '../../crypto/archive-key.js';
import { wrongUsage } from '../../errors/usage-errors.js';
import { isLocal, isWithin } from '../../files/data-directory.js';
import type { BackupManifest } from '../../manifest/manifest.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../../options/resolved-options.js';
import { BackupStore } from '../../store/backup-store.js';
import { type Host, serviceOf, withHost } from '../application/boot-host.js';
import { sayPending } from '../application/pending-migrations.js';
import { findAesKey, KEY_VARIABLE } from '../archive/aes-key.js';
import type { KeyOptions } from '../archive/opening-options.js';
import { OutputFile, outputPath } from '../archive/output-file.js';
import type { ExitCode } from '../exit-codes.js';
import { interruptible } from '../interruption.js';
import { osUser } from '../os-user.js';
import { conclude } from '../output/conclude.js';
import { describeManifest } from '../output/describe-manifest.js';
import { reportStored } from '../output/describe-stored.js';
import { Progress, stateOf } from '../output/progress.js';
import type { Terminal } from '../output/terminal.js';

interface CreateOptions extends KeyOptions {
  readonly app: string;
  readonly output?: string;
  readonly to?: readonly string[];
  readonly encrypt?: boolean;
  readonly recipient?: readonly string[];
  readonly plaintext?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Boots the application and writes its backup to a file that appears only when it is complete, to stdout, or to destinations. */
export async function create(terminal: Terminal, options: CreateOptions): Promise<ExitCode> {
  const { to: destinations, output, plaintext, recipient: recipients } = options;
  refuseTwoWays(options);
  const key = await findAesKey(options);
  if (recipients) await Recipients.parse(recipients);
  if (destinations && output !== undefined) {
    throw wrongUsage('--to and --output cannot be combined', 'Use --to alone, and repeat it for several destinations.');
  }

  if (output === '-') terminal.refuseClosedStdout();
  const file = destinations || output === '-' ? undefined : await OutputFile.prepare(placeOf(output));
  try {
    return await withHost(options.app, terminal.quiet, async (host) => {
      if (file) refuseWithin(host, placeOf(output));
      await sayPending(terminal, host, 'The backup has the schema as it is now.');
      const configured = host.get<ResolvedBackupOptions>(BACKUP_OPTIONS);
      const aesKey = keyToUse(terminal, options, key, configured);
      const encrypted = isEncryptedWith({ aesKey, recipients, plaintext }, configured);
      const progress = new Progress(terminal, 'Backup');
      const create: CreateBackupOptions = {
        aesKey,
        recipients,
        plaintext,
        initiator: osUser(),
        estimate: !terminal.quiet,
        onProgress: (state) => progress.update(stateOf(state)),
      };
      try {
        return await interruptible(async (signal) => {
          if (destinations) {
            const stored = await serviceOf(host, BackupStore).store({ ...create, destinations, signal });
            progress.stop();
            warnOfEmpty(terminal, host, stored.manifest);
            return reportStored(terminal, options, stored, encrypted);
          }
          const backup = await serviceOf(host, BackupService).create({ ...create, signal });
          const path = file && resolve(output ?? backup.filename);
          if (file && path !== undefined) await file.write(path, backup.stream);
          else await terminal.send(backup.stream);
          progress.stop();
          const manifest = await backup.manifest;
          warnOfEmpty(terminal, host, manifest);
          return await report(terminal, options, path, manifest, encrypted);
        });
      } finally {
        progress.stop();
      }
    });
  } finally {
    await file?.close();
  }
}

/** Otherwise a backup would contain itself, and all those before it. @throws BackupError `WRONG_USAGE` */
function refuseWithin(host: Host, place: string): void {
  const directory = realpathSync(place.endsWith(sep) ? place : dirname(place));
  const { dataDirs } = host.get<ResolvedBackupOptions>(BACKUP_OPTIONS);
  const around = dataDirs.filter(isLocal).find(({ path }) => isWithin(realpathSync(path), directory));
  if (!around) return;
  const problem = `the archive would be written to the data directory "${around.name}", which it backs up`;
  throw wrongUsage(problem, 'Choose a place outside the data directories with -o.');
}

/** Rows or files may be missing: entities that were not found, a directory of the same name elsewhere, a volume that is not mounted. */
function warnOfEmpty(terminal: Terminal, host: Host, manifest: BackupManifest): void {
  const { files, tables } = manifest;
  if (tables.length === 0) terminal.warn('Warning: the application has no entities, so the backup holds no tables.');
  const empty = allEmpty(manifest);
  // Otherwise the log says it.
  if (empty && terminal.quiet) terminal.warn(`Warning: ${empty}`);
  const { dataDirs } = host.get<ResolvedBackupOptions>(BACKUP_OPTIONS);
  for (const directory of dataDirs.filter(isLocal)) {
    if (files[directory.name]?.count !== 0) continue;
    terminal.warn(`Warning: the data directory "${directory.name}" (${directory.path}) contains no files.`);
  }
}

/** The directory, if the backup decides the file's name. */
function placeOf(output: string | undefined): string {
  return output === undefined ? `${resolve()}${sep}` : outputPath(output);
}

/** @throws BackupError `WRONG_USAGE` for recipients, or no encryption, together with another way to encrypt */
function refuseTwoWays({ recipient, encrypt, plaintext, key, keyFile }: CreateOptions): void {
  const [way, ...others] = [
    recipient && '--recipient',
    plaintext && '--plaintext',
    encrypt && '--encrypt',
    key && '--key',
    keyFile && '--key-file',
  ].filter((one) => typeof one === 'string' && one !== '');
  if (!recipient && !plaintext) return;
  if (others.length > 0) throw wrongUsage(`${way} and ${others[0]} contradict each other`, 'Use one of them.');
}

/** The given key, if the backup is to be encrypted with it; otherwise what the application has is used. */
function keyToUse(
  terminal: Terminal,
  { encrypt, recipient, plaintext, ...given }: CreateOptions,
  key: Buffer | undefined,
  { encryptionKey, recipients }: ResolvedBackupOptions,
): Buffer | undefined {
  if (plaintext || recipient) return undefined;
  const applicationHasOne = encryptionKey !== null || recipients !== null;
  if (encrypt && !key && !applicationHasOne) {
    const remedy = `Set ${KEY_VARIABLE}, use --key-file or --key -, or set the option encryptionKey of the application.`;
    throw wrongUsage('--encrypt needs an AES key', remedy);
  }
  // A key that is merely in the environment, perhaps for older archives, does not replace recipients.
  const isGiven = given.key !== undefined || given.keyFile !== undefined;
  if (encrypt || (recipients ? isGiven : applicationHasOne)) return key;
  const isIgnored = key !== undefined && !recipients;
  if (isIgnored) terminal.warn('Warning: an AES key was given without --encrypt: the archive is not encrypted.');
  return undefined;
}

async function report(
  terminal: Terminal,
  options: CreateOptions,
  path: string | undefined,
  manifest: BackupManifest,
  encrypted: boolean,
): Promise<ExitCode> {
  const { id, complete, warnings, skipped } = manifest;
  const bytes = path === undefined ? undefined : (await stat(path)).size;
  const described = describeManifest(manifest, { encrypted, bytes });
  return conclude(terminal, options, {
    text: path === undefined ? described : `${described}\n${path}`,
    json: { id, file: path ?? null, bytes, encrypted, complete, warnings, skipped },
    manifest,
  });
}
