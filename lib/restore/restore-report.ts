import type { Initiator } from '../audit/audit-events.js';
import type { BackupManifest } from '../manifest/manifest.js';
import type { VerifyProgress } from './read/verify-archive.js';
import type { RestoreProgress } from './restore-progress.js';
import type { TranslationPlan } from './translate/translation-plan.js';

export interface RestoreOptions {
  /**
   * Key of an encrypted archive: 64 hexadecimal digits, base64 of exactly 32 bytes, or 32 bytes.
   * @default the option `encryptionKey` of `BackupModule`
   */
  readonly aesKey?: string | Uint8Array;
  /**
   * Also takes a backup from a destination that is not encrypted and bears no seal, although there is a key: nobody can
   * tell who has put it there. @default false
   */
  readonly plaintext?: boolean;
  /** Replaces what is there; without it, a target that is not empty is refused. Default: false. */
  readonly replace?: boolean;
  /** Lets a redacted backup, too, replace what is there. Default: false. */
  readonly redacted?: boolean;
  /** Leaves the data directories as they are. Default: false. */
  readonly skipFiles?: boolean;
  /** Leaves the database as it is. Default: false. */
  readonly skipDatabase?: boolean;
  /** Does everything but the last step, and then undoes it. Default: false. */
  readonly dryRun?: boolean;
  /**
   * Reads every restored table again before the commit, as a backup would write it, and compares it with the manifest: a
   * difference undoes the restore. It takes about as long as a backup of the rows. Without being asked for it is done where
   * something that the database does not let be set aside may have changed rows. Not with `translate` of another engine,
   * whose rows are written in another way. Default: false.
   */
  readonly readBack?: boolean;
  /**
   * Restores where every table, column and key is as it is in the archive, and only the migrations that were run differ:
   * after a move from `synchronize` to migrations, or when several were made into one. The rows are restored as they are. No
   * migration is reverted or run on them; those that the target has run stay recorded. In a database without tables the
   * application's migrations are run first, to make them. Not minded with `translate` of another engine, where migrations do
   * not matter. Default: false.
   */
  readonly ignoreMigrations?: boolean;
  /** Takes an archive of another engine, too, and writes its values as this one's. Default: false. */
  readonly translate?: boolean;
  /** Ends the restore at once and undoes it; without effect after the commit. */
  readonly signal?: AbortSignal;
  /** Called after every batch of rows, every file and every piece of a large one; must not throw. */
  readonly onProgress?: (progress: RestoreProgress) => void;
  /** Who wants it, for events and the log. Default: via `code`, nobody. */
  readonly initiator?: Partial<Initiator>;
}

export interface VerifyArchiveOptions {
  /**
   * Key of an encrypted archive: 64 hexadecimal digits, base64 of exactly 32 bytes, or 32 bytes.
   * @default the option `encryptionKey` of `BackupModule`
   */
  readonly aesKey?: string | Uint8Array;
  /**
   * Also takes a backup from a destination that is not encrypted and bears no seal, although there is a key: nobody can
   * tell who has put it there. @default false
   */
  readonly plaintext?: boolean;
  /** Restores it beside the application, to see whether that works. Default: false. */
  readonly restore?: boolean;
  /** With `restore`: a directory that the files may be in for a while. Default: each lies beside its data directory. */
  readonly scratch?: string;
  /** With `restore`: as of a restore. Default: false. */
  readonly ignoreMigrations?: boolean;
  readonly signal?: AbortSignal;
  /** Called after every batch of rows and every piece of a file (with `restore`: every file); must not throw. */
  readonly onProgress?: (progress: VerifyProgress) => void;
  /** Who wants it, for events and the log. Default: via `code`, nobody. */
  readonly initiator?: Partial<Initiator>;
}

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
  readonly tables: ReadonlyArray<{ readonly name: string; readonly rows: number }>;
  /** Names of the migrations that were reverted to get to the archive's schema, and run to get there and to the application's. */
  readonly migrations: { readonly reverted: readonly string[]; readonly run: readonly string[] };
  readonly files: Readonly<Record<string, { readonly count: number; readonly bytes: number }>>;
  /** With `replace`, in a dry run: what would be replaced. */
  readonly replaces?: ReplacedContent;
  /** Whether every restored table was read again and holds what the manifest says; see the option `readBack`. */
  readonly readBack: boolean;
  readonly warnings: readonly string[];
  /** With `translate`, of an archive of another engine; in a dry run it may have `problems`, which a restore refuses. */
  readonly translation?: TranslationPlan;
  /** False when the backup lacks a file that should have been in it. */
  readonly complete: boolean;
}
