import { existsSync } from 'node:fs';
import { wrongUsage } from '../../errors/usage-errors.js';
import type { ArchiveSource } from '../../restore/archive-source.js';
import type { StoredReference } from '../../store/open-stored.js';

const REFERENCE = /^(?<destination>[A-Za-z0-9][A-Za-z0-9_-]*):(?<id>[^/\\]+)$/;

/** A backup in a destination, if an argument names one. A file that exists wins, and `./` makes a file of anything. */
export function storedReference(argument: string): StoredReference | undefined {
  if (existsSync(argument)) return undefined;
  return REFERENCE.exec(argument)?.groups as StoredReference | undefined;
}

/** What an argument means to an application's services: stdin, a backup in a destination, or a file. */
export function archiveSource(argument: string): ArchiveSource {
  return argument === '-' ? process.stdin : (storedReference(argument) ?? argument);
}

/** Whether an application is named for its key alone: for a file no other one was given. */
export function needsKeyOf(app: string | undefined, key: Buffer | undefined): boolean {
  return app !== undefined && key === undefined;
}

/**
 * The application whose destination is meant, or beside which an archive is to be restored.
 * @throws BackupError `WRONG_USAGE`
 */
export function applicationOf(argument: string, app: string | undefined): string {
  if (app !== undefined) return app;
  if (existsSync(argument) || argument === '-') {
    throw wrongUsage('--restore needs the application beside which to restore', 'Name it with --app.');
  }
  throw wrongUsage(
    `"${argument}" is no file, and a destination is found by its application`,
    `Name that with --app, or write ./${argument} if a file is meant.`,
  );
}
