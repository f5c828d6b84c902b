import type { Initiator } from '../audit/audit-events.js';
import type { Identities } from '../crypto/age/identities.js';
import type { BackupManifest } from '../manifest/manifest.js';
import { type CallOptions, unnamed } from '../options/call-options.js';
import type { ArchiveSignature } from './read/archive-signature.js';
import type { VerifyProgress, VerifyReport } from './read/verify-archive.js';
import type { RestoreProgress } from './restore-progress.js';
import type { TranslationPlan } from './translate/translation-plan.js';

export interface RestoreOptions {
  /**
   * Key of an encrypted archive: 64 hexadecimal digits, base64 of exactly 32 bytes, or 32 bytes.
   * @default the option `encryptionKey` of `BackupModule`
   */
  readonly aesKey?: string | Uint8Array;
  /**
   * Opens an archive that was encrypted to recipients: the content of an identity file, or what
   * `CryptoService.parseIdentities` returns. Beside `aesKey`, the one that fits is used.
   */
  readonly identity?: string | Identities;
  /**
   * Ed25519 public keys as OpenSSH writes them, one of which must have signed the archive.
   * @default the option `trustedSigners` of `BackupModule`
   */
  readonly trustedSigners?: readonly string[];
  /**
   * Also accepts a backup from a destination that is neither encrypted with a key nor sealed, although there is a key: anyone
   * could have put it there. @default false
   */
  readonly plaintext?: boolean;
  /** Replaces existing rows and files; without it, a target that is not empty is refused. Default: false. */
  readonly replace?: boolean;
  /** Allows a redacted backup, too, to replace existing rows. Default: false. */
  readonly redacted?: boolean;
  /** Leaves the data directories as they are. Default: false. */
  readonly skipFiles?: boolean;
  /** Leaves the database as it is. Default: false. */
  readonly skipDatabase?: boolean;
  /** Runs everything up to the commit, then rolls back. Default: false. */
  readonly dryRun?: boolean;
  /**
   * Reads every restored table again before the commit, as a backup would write it, and compares it with the manifest:
   * a difference rolls the restore back. Takes about as long as a backup of the rows. Done even when not requested if
   * something that the database does not allow to be set aside may have changed rows. Not available with `translate`
   * from another engine, whose rows are written differently. Default: false.
   */
  readonly readBack?: boolean;
  /**
   * Restores if every table, column and key is as in the archive, and only the migrations that were run differ: after a
   * move from `synchronize` to migrations, or when several were squashed into one. The rows are restored unchanged. No
   * migration is reverted or run on them; those that the target has run stay recorded. In a database without tables the
   * application's migrations are run first, to create them. Ignored with `translate` from another engine, where
   * migrations do not matter. Default: false.
   */
  readonly ignoreMigrations?: boolean;
  /** Also accepts an archive from another engine, and converts its values to this one. Default: false. */
  readonly translate?: boolean;
  /** Aborts the restore immediately and rolls it back; has no effect after the commit. */
  readonly signal?: AbortSignal;
  /** Called after every batch of rows, every file and every piece of a large file; must not throw. */
  readonly onProgress?: (progress: RestoreProgress) => void;
  /** Who requested it, for events and the log. Default: via `code`, nobody. */
  readonly initiator?: Partial<Initiator>;
}

export interface VerifyArchiveOptions {
  /**
   * Key of an encrypted archive: 64 hexadecimal digits, base64 of exactly 32 bytes, or 32 bytes.
   * @default the option `encryptionKey` of `BackupModule`
   */
  readonly aesKey?: string | Uint8Array;
  /**
   * Opens an archive that was encrypted to recipients: the content of an identity file, or what
   * `CryptoService.parseIdentities` returns. Beside `aesKey`, the one that fits is used.
   */
  readonly identity?: string | Identities;
  /**
   * Ed25519 public keys as OpenSSH writes them, one of which must have signed the archive.
   * @default the option `trustedSigners` of `BackupModule`
   */
  readonly trustedSigners?: readonly string[];
  /**
   * Also accepts a backup from a destination that is neither encrypted with a key nor sealed, although there is a key: anyone
   * could have put it there. @default false
   */
  readonly plaintext?: boolean;
  /** Restores it beside the application, to test whether that works. Default: false. */
  readonly restore?: boolean;
  /**
   * With `restore`: a directory for the restored files during the test. Default: each data directory's files are put
   * beside it.
   */
  readonly scratch?: string;
  /** With `restore`: as for a restore. Default: false. */
  readonly ignoreMigrations?: boolean;
  readonly signal?: AbortSignal;
  /**
   * The id of the run, for those who have to know it before it ends.
   * @internal
   */
  readonly id?: string;
  /**
   * Called when everything was read and is as it should be. The run ends with it: what it throws fails the run.
   * @internal
   */
  readonly onVerified?: (report: VerifyReport, signal: AbortSignal) => Promise<void>;
  /** Called after every batch of rows and every piece of a file (with `restore`: every file); must not throw. */
  readonly onProgress?: (progress: VerifyProgress) => void;
  /** Who requested it, for events and the log. Default: via `code`, nobody. */
  readonly initiator?: Partial<Initiator>;
}

const READ_OPTIONS = { aesKey: 'value', identity: 'value', trustedSigners: 'value' } as const;

/** @internal */
export const RESTORE_OPTIONS: CallOptions<RestoreOptions> = {
  ...READ_OPTIONS,
  plaintext: 'switch',
  replace: 'switch',
  redacted: 'switch',
  skipFiles: 'switch',
  skipDatabase: 'switch',
  dryRun: 'switch',
  readBack: 'switch',
  ignoreMigrations: 'switch',
  translate: 'switch',
  signal: 'value',
  onProgress: 'value',
  initiator: 'value',
};

/** One object may serve a restore, and what is asked about its archive before: there the rest of it changes nothing. */
const OF_A_RESTORE = unnamed(RESTORE_OPTIONS);

/** @internal */
export const INSPECT_OPTIONS: CallOptions<RestoreOptions> = { ...OF_A_RESTORE, ...READ_OPTIONS };

/** @internal */
export const VERIFY_OPTIONS: CallOptions<RestoreOptions & VerifyArchiveOptions> = {
  ...OF_A_RESTORE,
  ...READ_OPTIONS,
  plaintext: 'switch',
  restore: 'switch',
  scratch: 'value',
  ignoreMigrations: 'switch',
  signal: 'value',
  id: 'unnamed',
  onVerified: 'unnamed',
  onProgress: 'value',
  initiator: 'value',
};

/** What is in the target, and a restore replaces. */
export interface ReplacedContent {
  /** Those that hold rows. */
  readonly tables: ReadonlyArray<{ readonly name: string; readonly rows: number }>;
  /** By data directory; one that could not be counted is missing. */
  readonly files: Readonly<Record<string, { readonly count: number; readonly bytes: number }>>;
}

/** What a restore has done, or with `dryRun` would have done. */
export interface RestoreReport {
  /** The restored backup. */
  readonly manifest: BackupManifest;
  readonly dryRun: boolean;
  /** Who signed the archive; null when it is not signed. */
  readonly signature: ArchiveSignature | null;
  readonly tables: ReadonlyArray<{ readonly name: string; readonly rows: number }>;
  /**
   * Names of the migrations that were reverted to reach the archive's schema, and of those run to reach it and the
   * application's.
   */
  readonly migrations: { readonly reverted: readonly string[]; readonly run: readonly string[] };
  readonly files: Readonly<Record<string, { readonly count: number; readonly bytes: number }>>;
  /** With `replace`, in a dry run: what would be replaced. */
  readonly replaces?: ReplacedContent;
  /** Whether every restored table was read again and matched the manifest; see the option `readBack`. */
  readonly readBack: boolean;
  readonly warnings: readonly string[];
  /**
   * With `translate`, for an archive from another engine; in a dry run it may have `problems`, which make a restore
   * refuse.
   */
  readonly translation?: TranslationPlan;
  /** False when the backup lacks a file that should have been in it. */
  readonly complete: boolean;
}
