import type { BackupErrorCode } from './backup-error-code.js';
import { visible } from './support/visible-text.js';

export type { BackupErrorCode } from './backup-error-code.js';

/** Refusals for which nothing but migrations is the reason. */
const migrationRefusals = new WeakSet<object>();

/**
 * The only error class of this library. `code` is stable, `message` says what is wrong and what to do next and never
 * contains a key, a password or a row; names in it can command no terminal. `cause` is the driver's or the system's own error.
 */
export class BackupError extends Error {
  override readonly name = 'BackupError';

  constructor(
    readonly code: BackupErrorCode,
    /** Of several lines each by itself, so that no name in it begins one. */
    message: string | readonly string[],
    options?: { cause?: unknown },
  ) {
    super([message].flat().map(visible).join('\n'), options);
  }

  static invalidOption(option: string, problem: string, remedy: string): BackupError {
    return new BackupError('INVALID_OPTIONS', `BackupModule option "${option}": ${clause(problem)}. ${remedy}`);
  }

  static invalidAesKey(): BackupError {
    return new BackupError(
      'INVALID_AES_KEY',
      'The AES key must be 64 hexadecimal digits, or base64 of exactly 32 bytes. Make one with: openssl rand -hex 32',
    );
  }

  static unsupportedDatabase(type: string, supported: readonly string[]): BackupError {
    return new BackupError(
      'UNSUPPORTED_DATABASE',
      `BackupModule cannot back up a TypeORM DataSource of type "${type}". Supported types: ${supported.join(', ')}. ` +
        'Name a DataSource of one of them with the option dataSource.',
    );
  }

  static missingPackage(name: string, cause: unknown): BackupError {
    return new BackupError('MISSING_PACKAGE', `The package "${name}" is not installed. Run: npm install ${name}`, {
      cause,
    });
  }

  /** @param version of the host's copy. Folders and version are undefined where they cannot be known */
  static duplicatePackage(
    name: string,
    { theirs, ours, version }: { theirs?: string; ours?: string; version?: string },
  ): BackupError {
    const places = `the application runs on ${theirs ? `the one in "${theirs}"` : 'one'}, nestjs-backup loads ${ours ? `the one in "${ours}"` : 'the other'}`;
    const remedy = version
      ? `Run "npm install ${name}@${version}", which is the application's own, beside nestjs-backup`
      : `Make them one, of the version that is the application's own`;
    return new BackupError(
      'DUPLICATE_PACKAGE',
      `There are two copies of ${name}: ${places}. To each, the classes of the other are strangers. ` +
        `${remedy}; "npm ls ${name}" shows who brings which.`,
    );
  }

  static locked(): BackupError {
    return new BackupError(
      'LOCKED',
      'Another backup or restore of this database is running. Try again when it has finished.',
    );
  }

  /** A restore of another database has not ended there; only that database knows how it ends. */
  static directoryInUse(name: string, place: string): BackupError {
    return new BackupError(
      'LOCKED',
      `A restore of another database is under way in the data directory "${name}", or was cut off there. Wait until it ` +
        `has finished, or start the application of that database, which finishes or undoes it. If that database does not ` +
        `exist any more (it was dropped and made anew, for example), save what you need from "${place}/.nestjs-backup", then remove that folder.`,
    );
  }

  static lockLost(): BackupError {
    return new BackupError(
      'LOCK_LOST',
      'The connection that held the backup lock was lost, so another backup or restore could have started. Start again.',
    );
  }

  /** A lock that locks nobody out is worse than none. */
  static lockUnusable(file: string, problem: string, remedy: string, cause?: unknown): BackupError {
    return new BackupError('LOCK_UNUSABLE', `The lock file "${file}" cannot be used: ${clause(problem)}. ${remedy}`, {
      cause,
    });
  }

  static databaseUnavailable(cause: unknown): BackupError {
    return new BackupError(
      'DATABASE_UNAVAILABLE',
      'The database does not answer. Check that it runs, then try again.',
      {
        cause,
      },
    );
  }

  static databaseBusy(what: string, cause?: unknown): BackupError {
    return new BackupError('DATABASE_BUSY', `${what} stayed locked by the application. Try again later.`, { cause });
  }

  /** @param what happened, as the begin of a sentence */
  static outOfLocks(what: string): BackupError {
    return new BackupError(
      'DATABASE_FAILED',
      `${what}: the database server has no room for so many locks at once. ` +
        'Raise its setting max_locks_per_transaction (64 by default) and restart it, then try again.',
    );
  }

  static databaseFailed(what: string, cause?: unknown): BackupError {
    const remedy = 'Its own error stands in the log: mend what it names, then try again.';
    return new BackupError(
      'DATABASE_FAILED',
      `The database failed while the backup or restore ${clause(what)}. ${remedy}`,
      {
        cause,
      },
    );
  }

  /** With another value of a variable of the server's, rows or values could be others, and nobody would know. */
  static settingDenied(name: string, current: string, wanted: string, cause: unknown): BackupError {
    return new BackupError(
      'DATABASE_FAILED',
      `The database user may not set "${name}", which is ${current} and has to be ${wanted} for an exact backup or restore. ` +
        `Give it that value in the server's configuration, or give the user SESSION_VARIABLES_ADMIN.`,
      { cause },
    );
  }

  /** Rows would be missing, and nobody would know. */
  static rowsHidden(table: string): BackupError {
    return new BackupError(
      'DATABASE_FAILED',
      `Row-level security hides rows of "${table}" from the database role of the application. ` +
        'Give the role BYPASSRLS, or leave the rows out with the option excludeEntities.',
    );
  }

  /** No restore could read it. */
  static rowTooLong(table: string): BackupError {
    return new BackupError(
      'DATABASE_FAILED',
      `Table "${table}": a row takes more than 511 MiB as a line. Make it shorter, or leave the rows out with the option excludeEntities.`,
    );
  }

  static directoryUnreadable(name: string, cause: unknown): BackupError {
    return new BackupError(
      'DIRECTORY_UNREADABLE',
      `The data directory "${name}" cannot be read. Check that it exists and that this process may read it.`,
      { cause },
    );
  }

  static archiveFailed(what: string, cause?: unknown): BackupError {
    const remedy = 'What there is of it is incomplete: mend the cause, then make the backup again.';
    return new BackupError('ARCHIVE_FAILED', `The archive could not be written: ${clause(what)}. ${remedy}`, { cause });
  }

  static decryptionFailed(
    problem: string,
    remedy = 'Check that the key is the one of this archive, else take another copy of the archive.',
  ): BackupError {
    return new BackupError('DECRYPTION_FAILED', `The archive cannot be decrypted: ${clause(problem)}. ${remedy}`);
  }

  /** The archive is damaged, cut off, or holds what its manifest does not account for. */
  static archiveInvalid(
    problem: string,
    cause?: unknown,
    remedy = 'Take another copy of it, or another backup; nestjs-backup verify reads one to its end.',
  ): BackupError {
    return new BackupError('ARCHIVE_INVALID', `The archive cannot be used: ${clause(problem)}. ${remedy}`, { cause });
  }

  /** @param limit a key of the option `archiveLimits` */
  static overLimit(problem: string, limit: string): BackupError {
    const remedy = `If you know where the archive comes from, raise the option archiveLimits.${limit}.`;
    return BackupError.archiveInvalid(problem, undefined, remedy);
  }

  /** The target does not fit, and nothing was changed. */
  static restoreRefused(problem: string, remedy: string): BackupError {
    return new BackupError('RESTORE_REFUSED', `Nothing was restored: ${clause(problem)}. ${remedy}`);
  }

  /** The same for several reasons. @param reasons sentences, with or without a full stop */
  static restoreRefusedFor(problem: string, reasons: readonly string[], remedy: string): BackupError {
    const lines = reasons.map((reason) => `- ${reason.replace(/\.$/, '')}.`);
    const text = [`Nothing was restored: ${problem}:`, ...lines.slice(0, -1), `${lines.at(-1)} ${remedy}`];
    return new BackupError('RESTORE_REFUSED', text);
  }

  /** Somebody changed the target while the restore waited for their locks. */
  static tablesChanged(what = 'the tables of the database'): BackupError {
    return BackupError.restoreRefused(
      `${what} changed while the restore waited to lock them`,
      'Look at what changed them, then restore again.',
    );
  }

  /** The migrations that lead from the archive's version to the application's cannot be part of the restore. */
  static migrationRefused(
    problem: string,
    remedy = 'Restore into an empty database at the archive’s own version, with the application of that version, then run the remaining migrations.',
  ): BackupError {
    return BackupError.ofMigrations(BackupError.restoreRefused(problem, remedy));
  }

  /** The migrations of archive and target do not lead from one to the other. @param differences sentences */
  static migrationsDiffer(differences: readonly string[]): BackupError {
    const remedy = 'Use the application version that made the backup.';
    return BackupError.ofMigrations(BackupError.restoreRefusedFor('the migrations differ', differences, remedy));
  }

  private static ofMigrations(error: BackupError): BackupError {
    migrationRefusals.add(error);
    return error;
  }

  /** Names the way past a refusal of migrations, for where the tables are equal all the same; of other errors nothing. */
  static orIgnoreMigrations(error: unknown): unknown {
    if (!(error instanceof BackupError) || !migrationRefusals.has(error)) return error;
    const remedy =
      'Or restore with --ignore-migrations (in code ignoreMigrations: true) if its rows need none of these migrations: every ' +
      'table, column and key of the target is as it is in the archive, and stays so.';
    return new BackupError(error.code, `${error.message} ${remedy}`.split('\n'), { cause: error.cause });
  }

  /** The restore was tried and rolled back. */
  static restoreFailed(what: string, cause?: unknown): BackupError {
    const remedy = 'Mend that, then restore again.';
    return new BackupError('RESTORE_FAILED', `The restore failed and was rolled back: ${clause(what)}. ${remedy}`, {
      cause,
    });
  }

  static outcomeUnknown(cause?: unknown): BackupError {
    return new BackupError(
      'OUTCOME_UNKNOWN',
      'The connection was lost while the restore was committed. The next start, or the next restore, finishes or undoes it.',
      { cause },
    );
  }

  /** The database has committed, so nothing turns back. */
  static restoreUnfinished(cause: unknown): BackupError {
    if (cause instanceof BackupError && cause.code === 'RESTORE_UNFINISHED') return cause;
    return new BackupError(
      'RESTORE_UNFINISHED',
      'The rows are restored, but not all files could be put in their place. Mend the cause; the next start, or the next restore, goes on with it.',
      { cause },
    );
  }

  /** This process has lost its lock, and another one recovers what it was doing. */
  static restoreTakenOver(name: string, place: string): BackupError {
    return new BackupError(
      'RESTORE_UNFINISHED',
      `This process has lost its lock, and another one has taken the restore over: it puts the files of the data directory ` +
        `"${name}" (${place}) in place, or back, and says so in its log. Look there for the end; the next start, or the next restore, does what it leaves.`,
    );
  }

  /** Only where DDL cannot be rolled back: rows and files are restored, at the archive's own version. */
  static migrationFailed(name: string, remaining: readonly string[], cause: unknown): BackupError {
    return new BackupError(
      'MIGRATION_FAILED',
      `The backup is restored at its own version, but migration "${name}" failed on its rows. Mend the cause, then run the migrations that remain: ${remaining.join(', ')}.`,
      { cause },
    );
  }

  /** The backup was restored into a scratch database and did not come back as it should. Nothing of the application was touched. */
  static proofFailed(problem: string, cause?: unknown): BackupError {
    return new BackupError(
      'PROOF_FAILED',
      `The backup could not be proven: ${clause(problem)}. Make another backup, and keep this one until the cause is found.`,
      { cause },
    );
  }

  /** There is no place for the rows or files of a proof. */
  static noScratch(problem: string, remedy: string, cause?: unknown): BackupError {
    return new BackupError('PROOF_FAILED', `There is no room for a proof of restore: ${clause(problem)}. ${remedy}`, {
      cause,
    });
  }

  /** A destination did not do what was asked; other destinations of the same backup are not concerned. */
  static destinationFailed(problem: string, cause?: unknown): BackupError {
    const before = 'The destination failed: ';
    const after = '. See to it that it can be written to and read, then try again.';
    const { code, message = '', cause: reason } = (cause ?? {}) as Partial<BackupError>;
    // What a destination says of itself is told with it, in one sentence.
    if (code === 'DESTINATION_FAILED' && message.startsWith(before) && message.endsWith(after)) {
      return BackupError.destinationFailed(`${problem}: ${message.slice(before.length, -after.length)}`, reason);
    }
    return new BackupError('DESTINATION_FAILED', `${before}${clause(problem)}${after}`, { cause });
  }

  /** @param what did not answer; @param milliseconds for which it was waited */
  static noAnswer(what: string, milliseconds: number): BackupError {
    return BackupError.destinationFailed(
      `${what} did not answer for ${milliseconds / 1000} seconds (option remoteTimeout)`,
    );
  }

  /** A function of the host that is called before the work threw; its own error is the cause. */
  static hookFailed(option: string, kind: string, cause: unknown): BackupError {
    const remedy = 'Its own error stands in the log: mend what it names, then try again.';
    return new BackupError('HOOK_FAILED', `The hook ${option} threw, so the ${kind} was not begun. ${remedy}`, {
      cause,
    });
  }

  /** An archive of such rows could not be restored, or would hold what should not be in it. */
  static transformFailed(table: string, problem: string): BackupError {
    const what = `The hook transformRow failed on a row of table "${table}": ${problem}`;
    return new BackupError('HOOK_FAILED', `${clause(what)}. Mend the function, then make the backup again.`);
  }

  /** The command line was called in a way that cannot work. */
  static wrongUsage(problem: string, remedy: string): BackupError {
    return new BackupError('WRONG_USAGE', `Wrong usage: ${clause(problem)}. ${remedy}`);
  }

  /** @param milliseconds for which the client took nothing */
  static idle(milliseconds: number): BackupError {
    return new BackupError(
      'IDLE',
      `The backup was ended: its client took nothing for ${Math.round(milliseconds / 1000)} seconds. Try again, or raise the option idleTimeout.`,
    );
  }

  static aborted(cause?: unknown): BackupError {
    return new BackupError('ABORTED', 'The backup or restore was aborted before it was complete. Start it again.', {
      cause,
    });
  }
}

/** An error and its causes, for the log: messages and codes only, no objects that could hold a secret. */
export function explain(error: unknown): string {
  const { message, code, cause } = (error ?? {}) as { message?: unknown; code?: unknown; cause?: unknown };
  // The lines of our own errors are visible already.
  const own =
    error instanceof BackupError ? error.message : visible(typeof message === 'string' ? message : String(error));
  const coded = typeof code === 'string' && !own.includes(code) ? `${own} (${code})` : own;
  return cause === undefined || cause === error ? coded : `${coded} Cause: ${explain(cause)}`;
}

/** What goes on as part of a sentence: words of others may end with a full stop of their own. */
function clause(text: string): string {
  return text.replace(/(?<!\.)\.$/, '');
}
