import type { Type } from '@nestjs/common';
import type { DataSource, DataSourceOptions } from 'typeorm';
import type { ArchiveLimits } from '../archive/archive-limits.js';
import type { Recipient } from '../crypto/age/recipient.js';
import type { BackupDestination } from '../destinations/backup-destination.js';
import type { DataDirectory } from '../files/data-directory.js';
import type { FileStore } from '../files/store/file-store.js';
import { DEFAULT_REMOTE_TIMEOUT_MS } from '../support/deadline.js';
import type { EncryptionKey } from './encryption-key.js';
import type { BackupHooks } from './hooks.js';
import { usualName } from './identify-user.js';
import type { RetentionKey } from './retention-key.js';
import type { RetentionPolicy } from './retention-policy.js';
import type { SigningKeyOption } from './signing-key.js';
import type { TransformRow } from './transform-row.js';
import type { UploadOptions } from './uploads.js';
import type { WrongKeyOptions } from './wrong-keys.js';

export type { DataDirectory };

/** Options of `BackupModule.forRoot` and of what the factories of `forRootAsync` return. */
export interface BackupModuleOptions extends BackupHooks {
  /**
   * The secret that a system user must send to make a backup over HTTP, at least 20 characters long. With a shorter one the
   * application does not start; without one the endpoint answers 404 to everybody.
   */
  backupKey?: string;

  /**
   * The directories to back up: folder name in the archive -> directory, absolute or relative to the application's
   * folder (the one with the package.json nearest to its main script; without one, the working directory), or a store of
   * files (`s3Prefix` of `nestjs-backup/s3`, or another `FileStore`).
   * @default {}
   */
  dataDirs?: Record<string, string | FileStore>;

  /**
   * Where backups are stored, by names of your choice: `{ vault: localDirectory('/var/backups/app') }`.
   * @default {}
   */
  destinations?: Record<string, BackupDestination>;

  /**
   * Which backups the destinations keep when they are pruned: `{ last: 3, daily: 7, weekly: 4, monthly: 12 }`. Applied
   * to each destination separately.
   * @default undefined: all of them
   */
  retention?: RetentionPolicy;

  /**
   * The AES key for backups for which none is given: over HTTP, on the command line, in code, by schedules and queues. 64
   * hexadecimal digits, base64 of exactly 32 bytes, 32 bytes, or a function that returns it, called for each backup (for
   * example to ask a vault or a KMS). The command line also opens archives with it. With undefined or '', typically from an
   * environment variable that is not set, the application does not start; null means that there is no key.
   * @default left out, or null: such backups are not encrypted, unless there are `recipients`
   */
  encryptionKey?: EncryptionKey | null;

  /**
   * Public keys that backups are encrypted to: 1 to 20 age recipients, of X25519 (`age1…`) or the hybrid post-quantum
   * kind (`age1pq1…`), or key services such as `awsKms` of `nestjs-backup/kms`. Without a key service, this application
   * cannot open such backups; whoever has the identity of one of the recipients can. Needs the package age-encryption. For all backups for which nothing else is given, also beside `encryptionKey`, which then
   * opens older ones and seals. With undefined or an empty list the application does not start; null means none.
   * @default left out, or null: none
   */
  recipients?: readonly Recipient[] | null;

  /**
   * The secret that seals what is stored in destinations, so that pruning, counting and choosing backups rely only on what
   * this application wrote: at least 20 characters or bytes, or a function that returns them. In a list, the first one seals,
   * and the seals of all of them are accepted. Others who can write to the destinations must not know it.
   * @default derived from `encryptionKey`; without either, nothing is sealed and `prune` refuses
   */
  retentionKey?: RetentionKey;

  /**
   * Signs every backup, so that whoever has the public key can tell who made it: an Ed25519 private key without a
   * passphrase (OpenSSH, or PKCS#8 in PEM), an object `{ publicKey, sign }` for a key in an HSM or a KMS, or a function
   * that returns one of these, called whenever it is needed. With undefined or '' the application does not start; null means
   * none.
   * @default left out, or null: backups are not signed
   */
  signingKey?: SigningKeyOption | null;

  /**
   * Ed25519 public keys as OpenSSH writes them (`ssh-ed25519 AAAA…`). If set, archives that none of them has signed are
   * neither verified nor restored, and are neither counted nor deleted in destinations. Has to contain the public key of
   * `signingKey`. With undefined or an empty list the application does not start; null means that a signature is not
   * needed.
   * @default left out, or null: archives are accepted without a signature
   */
  trustedSigners?: readonly string[] | null;

  /**
   * Written to the archive as VERSION; for information only.
   * @default the version in the application's package.json, else 'unknown'
   */
  appVersion?: string;

  /**
   * Feature flag. `false` in `forRoot` registers no route at all; a function is called on every request.
   * @default true
   */
  enabled?: boolean | (() => boolean | Promise<boolean>);

  /**
   * Decides whether a logged-in user may make backups.
   * @default request.user.isSystemUser === true
   */
  isSystemUser?: (user: any, request: any) => boolean | Promise<boolean>;

  /**
   * Returns a stable identifier of a logged-in user, for the limit of wrong keys, the events and the log.
   * @default the first of the user's id, _id, uuid, userId, sub, username, email, name
   */
  identifyUser?: (user: any, request: any) => string | number | undefined | Promise<string | number | undefined>;

  /**
   * Limits wrong backup keys for each user and address: 5 per minute, then every key is answered with 429.
   * @default { limit: 5, ttl: 60000 }, counted in the memory of this process
   */
  wrongKeys?: WrongKeyOptions;

  /**
   * Entities (classes or names) whose rows are not exported; a restore empties their tables.
   * @default []
   */
  excludeEntities?: Array<Function | string>;

  /**
   * Tables of the database that no entity maps: listed in the manifest's warnings, or exported like the others.
   * @default 'warn'
   */
  unmappedTables?: 'warn' | 'include';

  /**
   * Changes each row on its way into the archive, or leaves it out (null): `(table, row) => row`, with the values as the
   * archive holds them. Not async. All backups are then redacted, and a restore of one needs `redacted` to replace anything.
   * @default undefined: rows are backed up unchanged
   */
  transformRow?: TransformRow;

  /**
   * The TypeORM DataSource to back up: its name or class, when the application has several.
   * @default 'default'
   */
  dataSource?: string | DataSourceOptions | Type<DataSource>;

  /**
   * How the archive is compressed. 'zstd' is several times as fast and needs Node.js 22.15, 23.8, or later, to write and
   * to restore; fewer other programs open such an archive.
   * @default 'deflate'
   */
  compression?: 'deflate' | 'zstd';

  /**
   * Level of the compression, 0 (stored) to 9, or to 19 with zstd.
   * @default 3
   */
  compressionLevel?: number;

  /**
   * For `restoreOverHttp`: whether the application is well after a restore, within a minute. If it throws, or returns
   * false, what was there before is restored.
   * @default the DataSource answers a query, and all migrations have been run
   */
  healthCheck?: () => unknown;

  /**
   * For `restoreOverHttp`: the destination that receives what a restore is about to replace.
   * @default the destination restored from
   */
  restorePointDestination?: string;

  /**
   * Limits of archives that are uploaded on the page.
   * @default { maxUnfinished: 5, expiresAfter: 172800000 }
   */
  uploads?: UploadOptions;

  /**
   * How long a client may stop reading a backup before its connection is reset and the database snapshot released, in
   * milliseconds.
   * @default 300000 (5 minutes)
   */
  idleTimeout?: number;

  /**
   * How long a call to a destination, a store of files, or the function `encryptionKey` may go without an answer or any
   * progress before it counts as failed, in milliseconds.
   * @default 120000 (2 minutes)
   */
  remoteTimeout?: number;

  /**
   * Upper limits enforced on archives being restored.
   * @default entries 10 million, directoryBytes 2 GiB, nameBytes 32 KiB, manifestBytes 64 MiB, lineBytes 511 MiB,
   *   expandedBytes what the data directories' disks have room for
   */
  archiveLimits?: Partial<ArchiveLimits>;
}

/** What `useClass` and `useExisting` of `forRootAsync` implement. */
export interface BackupOptionsFactory {
  createBackupOptions(): BackupModuleOptions | Promise<BackupModuleOptions>;
}

/** The constant defaults of all options that have one; defined only here. */
export const DEFAULT_OPTIONS = {
  dataDirs: {},
  destinations: {},
  enabled: true,
  isSystemUser: (user: { isSystemUser?: unknown }) => user.isSystemUser === true,
  identifyUser: (user: unknown) => usualName(user),
  wrongKeys: {},
  uploads: {},
  excludeEntities: [],
  unmappedTables: 'warn',
  dataSource: 'default',
  compression: 'deflate',
  compressionLevel: 3,
  idleTimeout: 300_000,
  remoteTimeout: DEFAULT_REMOTE_TIMEOUT_MS,
  archiveLimits: {},
} satisfies BackupModuleOptions;
