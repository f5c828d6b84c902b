import type { Readable } from 'node:stream';
import type { Initiator } from '../audit/audit-events.js';
import type { Recipient } from '../crypto/age/recipient.js';
import type { DatabaseLock } from '../database/dialects/dialect.js';
import type { BackupManifest } from '../manifest/manifest.js';
import type { CallOptions } from '../options/call-options.js';
import type { BackupProgress } from './backup-run.js';

export interface CreateBackupOptions {
  /**
   * Encrypts the archive: 64 hexadecimal digits, base64 of exactly 32 bytes, or 32 bytes.
   * @default the option `recipients` of `BackupModule`, or `encryptionKey`; without either it is not encrypted
   */
  readonly aesKey?: string | Uint8Array;
  /** Encrypts the archive to 1 to 20 age recipients or key services instead; needs the package age-encryption. @default as for `aesKey` */
  readonly recipients?: readonly Recipient[];
  /** Makes an unencrypted archive although the module has `recipients` or an `encryptionKey`. @default false */
  readonly plaintext?: boolean;
  /** Aborts the backup immediately: its stream fails, the transaction ends, the lock is released. */
  readonly signal?: AbortSignal;
  /** Called for every few hundred kilobytes of rows and of large files, and after every file; must not throw. */
  readonly onProgress?: (progress: BackupProgress) => void;
  /**
   * Also gives `onProgress` the expected totals: the server is asked for its estimates, and the files are counted in
   * the meantime. @default false
   */
  readonly estimate?: boolean;
  /** Who requested it, for events and the log. Default: via `code`, nobody. */
  readonly initiator?: Partial<Initiator>;
  /**
   * The backup lock, held by the restore that makes this backup of what it is about to replace. No hook is called: the
   * application cannot write at that time.
   * @internal
   */
  readonly under?: DatabaseLock;
}

/** @internal */
export const CREATE_OPTIONS: CallOptions<CreateBackupOptions> = {
  aesKey: 'value',
  recipients: 'value',
  plaintext: 'switch',
  signal: 'value',
  onProgress: 'value',
  estimate: 'switch',
  initiator: 'value',
  under: 'unnamed',
};

/** A backup being made. */
export interface Backup {
  readonly id: string;
  /** `backup-<UTC time>.zip`, encrypted `backup-<UTC time>.zip.crypt`, or `….zip.age` if to recipients. */
  readonly filename: string;
  readonly contentType: string;
  /** Key ids of the AES key or the recipients that it is encrypted with; empty if it is not encrypted. */
  readonly keyIds: readonly string[];
  /** The archive; must be consumed or destroyed. It ends only if the archive is complete, otherwise it fails. */
  readonly stream: Readable;
  /** What the archive says about itself, as soon as that is known; rejects when the backup fails. */
  readonly manifest: Promise<BackupManifest>;
}
