import { existsSync } from 'node:fs';
import type { TrustedSigners } from '../../crypto/signature/trusted-signers.js';
import { wrongUsage } from '../../errors/usage-errors.js';
import type { ArchiveSource } from '../../restore/archive-source.js';
import type { StoredReference } from '../../store/open-stored.js';
import type { FoundKeys } from './opening-options.js';

const REFERENCE = /^(?<destination>[A-Za-z0-9][A-Za-z0-9_-]*):(?<id>[^/\\]+)$/;

/** The backup in a destination that an argument names, if it does. An existing file wins, and `./` always means a file. */
export function storedReference(argument: string): StoredReference | undefined {
  if (existsSync(argument)) return undefined;
  return REFERENCE.exec(argument)?.groups as StoredReference | undefined;
}

/** An argument as the application's services take it: stdin, a backup in a destination, or a file. */
export function archiveSource(argument: string): ArchiveSource {
  return argument === '-' ? process.stdin : (storedReference(argument) ?? argument);
}

/**
 * Whether an application is named only for what a file needs and was not given: what opens it, and who must have signed it.
 */
export function needsOptionsOf(
  app: string | undefined,
  { aesKey, identity }: FoundKeys,
  signers: TrustedSigners | undefined,
): boolean {
  return app !== undefined && (signers === undefined || (aesKey === undefined && identity === undefined));
}

/**
 * The application that has the destination, or beside which an archive is to be restored.
 * @throws BackupError `WRONG_USAGE`
 */
export function applicationOf(argument: string, app: string | undefined): string {
  if (app !== undefined) return app;
  if (existsSync(argument) || argument === '-') {
    throw wrongUsage('--restore needs an application to restore beside', 'Name it with --app.');
  }
  throw wrongUsage(
    `"${argument}" is not a file, and a destination needs its application`,
    `Name the application with --app, or write ./${argument} if you mean a file.`,
  );
}
