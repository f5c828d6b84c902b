import type { BackupDestination } from '../destinations/backup-destination.js';
import type { MarkOption, Marks } from './marks.js';
import { readBeside } from './stored-manifest.js';
import { manifestName } from './stored-names.js';

/*
 * Whoever stores a backup seals and signs its summary. What a machine writes there that lacks one of the keys does not
 * count for the others, so it must not replace what does, and has to be said of what is added.
 */

const LESS: Readonly<Record<MarkOption, { readonly problem: string; readonly remedy: string }>> = {
  retentionKey: {
    problem: 'it is not sealed as the backup is',
    remedy: 'Set the retentionKey of the application that made it, and use a database of the same name.',
  },
  signingKey: {
    problem: 'it is not signed, and the backup is',
    remedy:
      'Give this machine a signingKey of its own, and put its public key into trustedSigners, here and in the application that made it.',
  },
};

/**
 * Options that the summary of a stored backup is marked with, and that are missing here.
 * @throws BackupError `ARCHIVE_INVALID`, `DESTINATION_FAILED`: it was not read
 */
export async function lackBeside(destination: BackupDestination, archive: string, marks: Marks): Promise<MarkOption[]> {
  const summary = manifestName(archive);
  return marks.lackFor(await readBeside(destination, summary), summary);
}

/** For people: why that counts for less, without a full stop, and what to do, in whole sentences. */
export function whyLess(lack: readonly MarkOption[]): { readonly problem: string; readonly remedy: string } {
  const less = lack.map((option) => LESS[option]);
  return {
    problem: less.map(({ problem }) => problem).join('; '),
    remedy: less.map(({ remedy }) => remedy).join(' '),
  };
}
